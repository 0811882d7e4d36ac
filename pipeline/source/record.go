package source

import "bytes"

// AppendRecord appends a record as sources write clean CSV themselves: comma, double
// quotes about every value, line feed. An empty value is NULL and stands bare, but in a
// record of one field, which would be no line at all. Values are not looked at: whatever
// bytes they hold, NUL and line ends among them, come back out.
func AppendRecord(dst []byte, values [][]byte) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(v) == 0 && len(values) > 1 {
			continue
		}
		dst = append(dst, '"')
		for {
			quote := bytes.IndexByte(v, '"')
			if quote < 0 {
				break
			}
			dst = append(append(dst, v[:quote+1]...), '"')
			v = v[quote+1:]
		}
		dst = append(append(dst, v...), '"')
	}
	return append(dst, '\n')
}

// Clean describes a file of records that AppendRecord made. Path, Size and ModTime are
// left to who wrote it.
func Clean(rows, valueBytes, maxRecord int64) CleanCSV {
	return CleanCSV{Delimiter: ',', Quote: '"', NewLine: "\n", Rows: rows, ValueBytes: valueBytes, MaxRecord: maxRecord}
}
