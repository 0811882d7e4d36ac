package docs

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"sort"
	"strings"
)

// Sizes of the drawing, in pixels.
const (
	boxWidth  = 214
	boxHeight = 24
	gapX      = 70
	gapY      = 8
	margin    = 16
	maxName   = 27
)

// place is where a node stands.
type place struct{ x, y int }

// draw lays the nodes out in columns from the sources to the tables and draws who is
// made from whom. Nodes are links; focus is emphasised. link gives a node's page, or "".
func (g graph) draw(nodes map[string]bool, focus string, link func(string) string) string {
	at, width, height := g.layout(nodes)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="lineage" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="lineage">`, width, height, width, height)
	names := slices.Sorted(maps.Keys(nodes))
	for _, to := range names {
		for _, from := range g.inputs[to] {
			if nodes[from] {
				fmt.Fprintf(&b, `<path class="edge" data-from="%s" data-to="%s" d="%s"/>`, html.EscapeString(from), html.EscapeString(to), curve(at[from], at[to]))
			}
		}
	}
	for _, n := range names {
		class := "node " + layerOf(n)
		if n == focus {
			class += " focus"
		}
		p, label := at[n], strings.TrimPrefix(strings.TrimPrefix(n, "gold."), "silver.")
		if len(label) > maxName {
			label = label[:maxName-1] + "…"
		}
		box := fmt.Sprintf(`<g class="%s" data-node="%s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="5"/><text x="%d" y="%d">%s</text></g>`,
			class, html.EscapeString(n), html.EscapeString(n), p.x, p.y, boxWidth, boxHeight, p.x+9, p.y+16, html.EscapeString(label))
		if to := link(n); to != "" && n != focus {
			box = fmt.Sprintf(`<a href="%s">%s</a>`, html.EscapeString(to), box)
		}
		b.WriteString(box)
	}
	b.WriteString("</svg>")
	return b.String()
}

// curve leads from the right side of a box to the left side of another; between two boxes
// of one column it bends around their right sides.
func curve(a, z place) string {
	x1, y1, x2, y2 := a.x+boxWidth, a.y+boxHeight/2, z.x, z.y+boxHeight/2
	if a.x == z.x {
		x2 += boxWidth
		return fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, y1, x1+gapX/2, y1, x2+gapX/2, y2, x2, y2)
	}
	bend := max(24, (x2-x1)/2)
	return fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
}

// layout gives every node its column, and within it a row near those it is joined to.
func (g graph) layout(nodes map[string]bool) (at map[string]place, width, height int) {
	depth := g.depth(nodes)
	var columns [][]string
	for _, n := range slices.Sorted(maps.Keys(nodes)) {
		for len(columns) <= depth[n] {
			columns = append(columns, nil)
		}
		columns[depth[n]] = append(columns[depth[n]], n)
	}
	columns = slices.DeleteFunc(columns, func(c []string) bool { return len(c) == 0 })
	row := map[string]float64{}
	for _, c := range columns {
		number(c, row)
	}
	for pass := range 6 { // towards the mean row of the neighbours, to and fro
		for i := range columns {
			c := columns[i]
			if pass%2 == 1 {
				c = columns[len(columns)-1-i]
			}
			want := map[string]float64{}
			for _, n := range c {
				want[n] = g.mean(n, nodes, depth, row, pass%2 == 0)
			}
			sort.SliceStable(c, func(i, j int) bool { return want[c[i]] < want[c[j]] })
			number(c, row)
		}
	}
	longest := 0
	for _, c := range columns {
		longest = max(longest, len(c))
	}
	at = map[string]place{}
	for i, c := range columns {
		top := margin + (longest-len(c))*(boxHeight+gapY)/2
		for j, n := range c {
			at[n] = place{margin + i*(boxWidth+gapX), top + j*(boxHeight+gapY)}
		}
	}
	return at, 2*margin + len(columns)*(boxWidth+gapX) - gapX, 2*margin + longest*(boxHeight+gapY) - gapY
}

// number gives rows from 0 to 1, so that columns of unlike length compare.
func number(column []string, row map[string]float64) {
	for j, n := range column {
		row[n] = (float64(j) + 0.5) / float64(len(column))
	}
}

// mean is the mean row of a node's inputs or readers in other columns; its own row where
// it has none.
func (g graph) mean(n string, nodes map[string]bool, depth map[string]int, row map[string]float64, inputs bool) float64 {
	neighbours := g.readers[n]
	if inputs {
		neighbours = g.inputs[n]
	}
	sum, count := 0.0, 0
	for _, m := range neighbours {
		if nodes[m] && depth[m] != depth[n] {
			sum += row[m]
			count++
		}
	}
	if count == 0 {
		return row[n]
	}
	return sum / float64(count)
}
