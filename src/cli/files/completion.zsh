#compdef simgraph
# Completion of simgraph for zsh: source <(simgraph completion zsh)
_simgraph() {
    local -a lines items shown open open_shown
    local line item special
    lines=("${(@f)$(${~words[1]} complete -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    for line in $lines; do
        item=${line%%$'\t'*}
        if [[ $item == :(files|directories) ]]; then
            special=$item
        elif [[ $item == *= ]]; then
            open+=("$item") open_shown+=("${line/$'\t'/  -- }")
        else
            items+=("$item") shown+=("${line/$'\t'/  -- }")
        fi
    done
    (( $#items )) && compadd -l -d shown -a items
    (( $#open )) && compadd -l -S '' -d open_shown -a open
    [[ -n $special && $PREFIX == *=* ]] && compset -P '*='
    case $special in
    :files) _files ;;
    :directories) _files -/ ;;
    esac
}
if [[ $funcstack[1] == _simgraph ]]; then
    _simgraph "$@"
else
    compdef _simgraph simgraph
fi
