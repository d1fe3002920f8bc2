module mayfly.test/goregexp

go 1.22
