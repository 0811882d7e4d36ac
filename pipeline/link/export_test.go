package link

import "context"

// RunWithWordsOf links all accounts with the frequencies of words that a state holds: what an
// update from that state must come to.
func (l *Linker) RunWithWordsOf(ctx context.Context, accounts []Account, decisions []Decision, s *State) (*Result, error) {
	f := &frequencies{names: int(s.names[0]), df: map[string]int32{}}
	for i, text := range s.words.text {
		f.df[text] = s.words.names[i]
	}
	return l.run(ctx, accounts, decisions, f, nil)
}
