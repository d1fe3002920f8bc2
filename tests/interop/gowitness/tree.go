package main

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// tree holds the hashes of a log as sumdb stores them.
type tree struct {
	size   int64
	hashes []tlog.Hash
}

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = t.hashes[index]
	}
	return found, nil
}

// grow appends until there are size records; the tree's name is in those from `common` on.
func (t *tree) grow(name string, size, common int64) error {
	for ; t.size < size; t.size++ {
		owner := name
		if t.size < common {
			owner = "common"
		}
		more, err := tlog.StoredHashes(t.size, fmt.Appendf(nil, "%s %d", owner, t.size), t)
		if err != nil {
			return err
		}
		t.hashes = append(t.hashes, more...)
	}
	return nil
}

// head returns the root, and the proof that it continues the tree of the old size.
func (t *tree) head(old int64) (tlog.Hash, tlog.TreeProof, error) {
	root, err := tlog.TreeHash(t.size, t)
	if err != nil || old == 0 || old == t.size {
		return root, nil, err
	}
	proof, err := tlog.ProveTree(t.size, old, t)
	return root, proof, err
}
