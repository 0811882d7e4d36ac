package truth

import "strings"

// spelling writes a customer's name as one region's clerk did.
func (g *generator) spelling(c *customer, i, at int) string {
	name := c.name
	if c.former != "" && i > 0 && g.chance(400) {
		name = c.former
	}
	switch r := g.IntN(1000); {
	case r < 90:
		name = g.shorten(name)
	case r < 125:
		name = g.mistype(name)
	case r < 145:
		name = g.dropLast(name)
	case r < 160:
		name = strings.ReplaceAll(name, " & ", " and ")
	case r < 175:
		name = g.respace(name)
	case r < 185:
		name += " " + pick(g, []string{"Group", "Holdings", "International"})
	case r < 190:
		name = g.coined(2) + " t/a " + name
	}
	place := ""
	if at != c.home && g.chance(220) || g.chance(20) {
		place = countries[at].name
	}
	form := c.form
	if form == "" {
		form = pick(g, countries[at].forms)
	}
	if g.chance(170) {
		form = ""
	}
	switch {
	case place != "" && g.chance(500):
		name += " (" + place + ")"
	case place != "":
		name += " " + place
	}
	if form != "" {
		name += " " + form
	}
	switch {
	case g.chance(150):
		name = strings.ToUpper(name)
	case g.chance(40):
		name = strings.ToLower(name)
	case g.chance(30):
		name = "  " + strings.ReplaceAll(name, " ", "  ")
	}
	return name
}

func (g *generator) shorten(name string) string {
	for _, s := range shorts {
		if strings.Contains(name, s[0]) {
			return strings.Replace(name, s[0], s[1]+pick(g, []string{"", "."}), 1)
		}
	}
	return name
}

// mistype makes one slip of the fingers, not in the first letter.
func (g *generator) mistype(name string) string {
	if len(name) < 6 {
		return name
	}
	i := 1 + g.IntN(len(name)-3)
	switch g.IntN(4) {
	case 0:
		return name[:i] + name[i+1:]
	case 1:
		return name[:i] + string(name[i+1]) + string(name[i]) + name[i+2:]
	case 2:
		return name[:i] + string(name[i]) + name[i:]
	}
	return name[:i] + string(rune('a'+g.IntN(26))) + name[i+1:]
}

// dropLast leaves out the trade.
func (g *generator) dropLast(name string) string {
	words := strings.Fields(name)
	if len(words) < 3 {
		return name
	}
	return strings.Join(words[:len(words)-1], " ")
}

func (g *generator) respace(name string) string {
	words := strings.Fields(name)
	if len(words) < 2 {
		return name
	}
	return words[0] + pick(g, []string{"", "-"}) + strings.Join(words[1:], " ")
}
