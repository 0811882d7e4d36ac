package link

// Patient makes updates go on where a full run would cost no more, so that tests see them.
func (l *Linker) Patient() { l.patient = true }
