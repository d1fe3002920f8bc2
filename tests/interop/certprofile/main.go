// certprofile reads certificates with Go's strict parser and checks that each keeps
// the profile of its role: a line per certificate, exit status 1 if any does not.
//
//	certprofile [--trusted-root F] PATH...
//
// PATH is a PEM file, a bundle, a trusted_root.json, or a folder of those.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	rootPath := flag.String("trusted-root", "", "trusted_root.json that leaves must chain to")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "certprofile: no PATH given")
		os.Exit(2)
	}
	status, err := run(*rootPath, flag.Args())
	if err != nil {
		fmt.Fprintf(os.Stderr, "certprofile: %v\n", err)
		os.Exit(2)
	}
	os.Exit(status)
}

func run(rootPath string, paths []string) (int, error) {
	var trust *trustedRoot
	if rootPath != "" {
		loaded, err := readTrustedRoot(rootPath)
		if err != nil {
			return 0, err
		}
		trust = loaded
	}
	found, err := collect(paths)
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		return 0, fmt.Errorf("no certificate in %s", strings.Join(paths, ", "))
	}
	status := 0
	for _, item := range found {
		role, problems := examine(item, trust)
		if len(problems) == 0 {
			fmt.Printf("ok %s %s\n", role, item.where)
			continue
		}
		status = 1
		fmt.Printf("BAD %s %s: %s\n", role, item.where, strings.Join(problems, "; "))
	}
	return status, nil
}
