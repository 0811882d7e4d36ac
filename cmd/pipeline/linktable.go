package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/customer360/pipeline/pipeline/link"
	"github.com/customer360/pipeline/pipeline/report"
)

// printEvaluation writes what was measured as tables.
func printEvaluation(w io.Writer, e *link.Evaluation) {
	fmt.Fprintf(w, "Policy %s · %s accounts · %s customers, %s found · %s pairs compared · %.1f s\n\n",
		e.Policy, report.Count(int64(e.Accounts)), report.Count(int64(e.Customers)), report.Count(int64(e.Found)), report.Count(int64(e.Compared)), e.Seconds)
	fmt.Fprintln(w, "          precision   recall       F1")
	fmt.Fprintf(w, " pairs       %.4f   %.4f   %.4f   %s wrong, %s missed\n", e.PairPrecision, e.PairRecall, e.PairF1, report.Count(int64(e.WrongPairs)), report.Count(int64(e.MissedPairs)))
	fmt.Fprintf(w, " B³          %.4f   %.4f   %.4f   %s links, %s for review\n\n", e.B3Precision, e.B3Recall, e.B3F1, report.Count(int64(e.Links)), report.Count(int64(e.Review)))
	printBands(w, e.Calibration)
	if len(e.Worst) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWorst: mixed = one customer found for several true ones, torn = one true customer in several; | parts them")
	for _, x := range e.Worst {
		fmt.Fprintf(w, " %-5s %6s pairs  %s\n", x.Kind, report.Count(int64(x.Pairs)), shorten(strings.Join(x.Names, "; "), 160))
	}
}

// printBands writes what confidence was said and what turned out to be true.
func printBands(w io.Writer, bands []link.Band) {
	fmt.Fprintln(w, "Confidence        pairs   said   true")
	for _, b := range bands {
		if b.Pairs == 0 {
			fmt.Fprintf(w, " %-8s %13d\n", b.Band, 0)
			continue
		}
		few := ""
		if !b.Tells() {
			few = "   too few customers to tell"
		}
		fmt.Fprintf(w, " %-8s %13s   %4.1f   %4.1f ± %.1f%s\n", b.Band, report.Count(int64(b.Pairs)), b.Expected, b.Right, b.Margin, few)
	}
}

// shorten cuts a text to so many characters.
func shorten(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
