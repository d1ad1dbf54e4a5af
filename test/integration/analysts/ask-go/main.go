// Asks what stands on standard input, a question a line as JSON: SQL and its parameters; tells each answer in a line.
package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

var methods = map[string]clickhouse.CompressionMethod{
	"none": clickhouse.CompressionNone,
	"lz4":  clickhouse.CompressionLZ4,
	"gzip": clickhouse.CompressionGZIP,
}

// Arguments: a port, and how answers are compressed.
func main() {
	db := clickhouse.OpenDB(&clickhouse.Options{
		Addr:        []string{"127.0.0.1:" + os.Args[1]},
		Protocol:    clickhouse.HTTP,
		Auth:        clickhouse.Auth{Database: "fleet"},
		Compression: &clickhouse.Compression{Method: methods[os.Args[2]]},
	})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		answer, err := ask(db, lines.Bytes())
		if err != nil {
			answer = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(answer)
	}
}

func ask(db *sql.DB, line []byte) (string, error) {
	var question []json.RawMessage
	var query string
	var told map[string]string
	if err := json.Unmarshal(line, &question); err != nil {
		return "", err
	}
	if err := json.Unmarshal(question[0], &query); err != nil {
		return "", err
	}
	if err := json.Unmarshal(question[1], &told); err != nil {
		return "", err
	}
	var parameters []any
	for name, value := range told {
		parameters = append(parameters, clickhouse.Named(name, value))
	}
	rows, err := db.Query(query, parameters...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var found []string
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return "", err
		}
		texts := make([]string, len(cells))
		for i, cell := range cells {
			texts[i] = text(reflect.ValueOf(cell).Elem())
		}
		found = append(found, strings.Join(texts, "\t"))
	}
	return strings.Join(found, "\u0002"), rows.Err()
}

func text(cell reflect.Value) string {
	for cell.IsValid() && (cell.Kind() == reflect.Interface || cell.Kind() == reflect.Pointer) {
		cell = cell.Elem()
	}
	if !cell.IsValid() {
		return "null"
	}
	if at, isTime := cell.Interface().(time.Time); isTime {
		return at.UTC().Format("2006-01-02 15:04:05.000000")
	}
	if cell.Kind() == reflect.Slice {
		texts := make([]string, cell.Len())
		for i := range texts {
			texts[i] = text(cell.Index(i))
		}
		return "[" + strings.Join(texts, ",") + "]"
	}
	return strings.NewReplacer("\n", "\u0001", "\t", "\u0003").Replace(fmt.Sprint(cell.Interface()))
}
