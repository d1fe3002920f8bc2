module mayfly.test/certprofile

go 1.22
