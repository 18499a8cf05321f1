# Completion of simgraph for bash: source <(simgraph completion bash)
_simgraph() {
    local line=${COMP_LINE:0:COMP_POINT} words item current broken="" IFS=$' \t\n'
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current=${words[${#words[@]} - 1]}
    # Readline takes these characters for ends of words: it wants what comes behind the last of them.
    local ends="${COMP_WORDBREAKS//[^=:@]/}"
    [[ -n $ends ]] && broken=${current%"${current##*["$ends"]}"}
    COMPREPLY=()
    while IFS=$'\t' read -r item _; do
        case $item in
        :files | :directories)
            compopt -o filenames
            local kind=f value=${current#"$broken"}
            [[ $item == :directories ]] && kind=d
            while IFS= read -r item; do COMPREPLY+=("$item"); done < <(compgen -"$kind" -- "$value")
            ;;
        *)
            [[ $item == *= ]] && compopt -o nospace
            COMPREPLY+=("${item#"$broken"}")
            ;;
        esac
    done < <("${words[0]/#\~/$HOME}" complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _simgraph simgraph
