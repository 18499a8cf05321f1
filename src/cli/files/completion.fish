# Completion of simgraph for fish: simgraph completion fish | source
function __simgraph_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program complete -- $words "$current" 2>/dev/null)
        switch $line
            case :files :directories
                set -l lead (string match -r -- '^.*=' "$current")
                set -l path (string replace -r -- '^.*=' '' "$current")
                if test $line = :files
                    printf "$lead%s\\n" (__fish_complete_path "$path")
                else
                    printf "$lead%s\\n" (__fish_complete_directories "$path")
                end
            case '*'
                echo $line
        end
    end
end
complete -c simgraph -f -a '(__simgraph_complete)'
