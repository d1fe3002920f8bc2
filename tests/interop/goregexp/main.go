// goregexp answers what Go's regexp package makes of an expression and a name.
//
// Standard input: a line each, both in hexadecimal, with a space between them. Standard
// output: a line each, "match", "no", or "refused" where the expression does not compile.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strings"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		expression, name, _ := strings.Cut(lines.Text(), " ")
		fmt.Fprintln(out, answer(decode(expression), decode(name)))
	}
}

func decode(text string) string {
	bytes, err := hex.DecodeString(text)
	if err != nil {
		fmt.Fprintf(os.Stderr, "goregexp: %v\n", err)
		os.Exit(2)
	}
	return string(bytes)
}

func answer(expression, name string) string {
	compiled, err := regexp.Compile(expression)
	if err != nil {
		return "refused"
	}
	if compiled.MatchString(name) {
		return "match"
	}
	return "no"
}
