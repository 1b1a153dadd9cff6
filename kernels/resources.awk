# What `ptxas -v` says of the kernels, as a table: awk -f resources.awk kernels-*.cubin.txt
# A cell is registers / bytes of static shared memory, and bytes spilled where there are any.
FNR == 1 {
    split(FILENAME, path, "kernels-")
    precision = substr(path[length(path)], 1, 3)
}
/Compiling entry function/ {
    split($0, quoted, "'")
    kernel = substr(quoted[2], length("plumbline_") + 1)
    architecture = quoted[4]
    spilled = 0
    if (!(architecture in seen)) {
        seen[architecture] = 1
        architectures[++count] = architecture
    }
}
/bytes spill stores/ {
    spilled = $5
}
/ Used [0-9]+ registers/ {
    shared = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART) + 0 : 0
    registers = match($0, /[0-9]+ registers/) ? substr($0, RSTART) + 0 : 0
    rows[kernel " | " precision] = 1
    cells[kernel " | " precision, architecture] = registers " / " shared (spilled > 0 ? ", " spilled " spilled" : "")
}
END {
    print "# What the kernels take of a multiprocessor\n"
    print "Registers of a thread / bytes of static shared memory of a block, by `ptxas -v`; dynamic shared memory comes on top (`Kernels.allowSharedBytes`). Made by `make resources`.\n"
    printf "| kernel | precision |"
    for (a = 1; a <= count; a++) {
        printf " %s |", architectures[a]
    }
    printf "\n|---|---|"
    for (a = 1; a <= count; a++) {
        printf "---|"
    }
    print ""
    sort = "sort"
    for (row in rows) {
        line = "| " row " |"
        for (a = 1; a <= count; a++) {
            line = line " " cells[row, architectures[a]] " |"
        }
        print line | sort
    }
    close(sort)
}
