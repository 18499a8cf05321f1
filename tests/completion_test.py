"""completion_test.py SIMGRAPH GRAPHS: command lines completed by bash, zsh and fish, as far as they are installed."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

SIMGRAPH, GRAPHS = map(os.path.abspath, sys.argv[1:])

# A line as far as it is typed, and what may stand in the place of its last word: all, or some of it.
EXACT = {
    "simgraph ex": {"export", "expand"},
    "simgraph help ex": {"export", "expand"},
    "simgraph run my.yaml --see": {"--seed"},
    "simgraph run my.yaml --seed 3 --see": set(),
    "simgraph run my.yaml --set size=2 --se": {"--set", "--seed"},
    "simgraph --v": {"--version"},
    "simgraph eval my.yaml --dtype ": {"f32", "bf16", "f64"},
    "simgraph eval my.yaml --mode=t": {"--mode=train"},
    "simgraph run my.yaml --set mask": {"mask_ratio="},
    "simgraph run my.yaml --set train.o": {"train.optimizer="},
    "simgraph run my.yaml --set kind=h": {"kind=high"},
    "simgraph run my.yaml --set=kind=lo": {"--set=kind=low"},
    "simgraph run my.yaml@": {"my.yaml@large", "my.yaml@tiny"},
    "simgraph run my.yaml@t": {"my.yaml@tiny"},
    "simgraph eval my.yaml --fetch co": {"codes"},
    "simgraph eval my.yaml --fetch codes,im": {"codes,image"},
    "simgraph eval -f x.npy my.yaml --fetch co": {"codes"},
    "simgraph export runs/my --onnx m.onnx --fetch co": {"codes"},
    "simgraph features runs/my x.png -o x.npz --node co": {"codes"},
    "simgraph reconstruct runs/my --node co": {"codes"},
    "simgraph reconstruct runs/my --data ": {"train", "held"},
    "simgraph probe runs/my --test h": {"held"},
    "simgraph data stats my.yaml --split ": {"train", "held"},
    "simgraph data show my.yaml --field ": {"image", "label"},
    "simgraph run my.yaml --set net.": {"net.op=", "net.out="},
    "simgraph run my.yaml --set net.o": {"net.op=", "net.out="},
    "simgraph ops layer_norm": {"layer_norm", "layer_norm_grad"},
    "simgraph ops vit_bl": {"vit_block"},
    "simgraph ops cosi": {"cosine"},
    "simgraph init c": {"classify"},
    "simgraph completion ": {"bash", "zsh", "fish"},
    "simgraph data ": {"check", "show", "stats"},
    "simgraph run broken.yaml --set a": set(),
    "simgraph run nowhere.yaml --set a": set(),
    "simgraph nothing x": set(),
}
FILES = {
    "simgraph run my": {"my.yaml"},
    "simgraph run runs/m": {"runs/my"},
    "simgraph run my.yaml --init runs/m": {"runs/my"},
    "simgraph export runs/m": {"runs/my"},
    "simgraph eval my.yaml --feed=im": {"--feed=image.npy"},
    "simgraph run my.yaml --set path=im": {"path=image.npy"},
    "simgraph run my.yaml --set data.train.path=im": {"data.train.path=image.npy"},
    "simgraph run my.yaml --set=path=im": {"--set=path=image.npy"},
    "simgraph run my.yaml --set mypath=im": set(),
    "simgraph eval my.yaml -o im": {"image.npy"},
    "simgraph run my.yaml --out ru": {"runs"},
    "simgraph reconstruct runs/my im": {"image.npy"},
    "simgraph reconstruct runs/my image.npy im": {"image.npy"},
    "simgraph reconstruct runs/my --mask im": {"image.npy"},
    "simgraph reconstruct runs/my -o im": {"image.npy"},
    "simgraph features runs/my im": {"image.npy"},
    "simgraph features runs/my --picture im": {"image.npy"},
    "simgraph probe runs/my ru": {"runs"},
    "simgraph probe runs/my runs ru": {"runs"},
    "simgraph probe runs/my runs runs ru": set(),
}
GRAPH = """simgraph: 1
args:
  mask_ratio: {default: 0.5, doc: share of hidden cells}
  kind: {default: low, one_of: [low, high]}
  net: {type: op, default: {op: linear, out: 2}}
variants: {large: {mask_ratio: 0.6}, tiny: {mask_ratio: 0.1}}
nodes:
  image: {op: input, shape: [batch, 4]}
  codes: {op: $net, in: image}
  loss: mean(codes)
data: {train: {op: shapes, split: {held: 0.1, seed: 1}, fields: {image: [], label: []}}, held: {op: part, of: train, fields: {image: []}}}
train: {minimize: loss, data: train, steps: 1, batch: 2, optimizer: adamw}
"""


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, **more)


def script_of(shell):
    done = run(SIMGRAPH, "completion", shell)
    assert done.returncode == 0 and len(done.stdout) > 300
    return done.stdout


def without_breaks(line, item):
    """Readline replaces what is behind the last of = and : and @."""
    word = line.rsplit(" ", 1)[-1]
    kept = re.search(r".*[=:@]|", word)[0]
    return item[len(kept):]


def bash(line):
    call = 'compopt() { :; }; source completion.bash; COMP_WORDBREAKS=$\' \\t\\n"\\\'><=;|&(:@\'; COMP_LINE=$1; COMP_POINT=${#1}; ' \
           '_simgraph; printf "%s\\n" "${COMPREPLY[@]}"'
    done = run("bash", "--norc", "-c", call, "bash", line)
    assert not done.stderr, done.stderr
    return set(done.stdout.split("\n")) - {""}


def fish(line):
    done = run("fish", "--no-config", "-c", "source completion.fish; complete -C $argv[1]", line)
    assert not done.stderr, done.stderr
    return {item.split("\t")[0].rstrip("/") for item in done.stdout.split("\n")} - {""}


def typed(command, setup, lines, wait=30):
    """The words of each line of an interactive shell after a tab behind it, as the shell itself says them."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", HOME=os.getcwd(), LC_ALL="C")
        os.execvp(command[0], command)
    seen = ""

    def until(text):
        nonlocal seen
        end = time.time() + wait
        while text not in seen and time.time() < end and select.select([terminal], [], [], wait)[0]:
            seen += os.read(terminal, 65536).decode(errors="replace")
        assert text in seen, (command[0], text, seen)
        before, seen = seen.split(text, 1)
        return before

    os.write(terminal, (setup + "; echo rea''dy\n").encode())
    until("ready")
    words = []
    for line in lines:
        # To the begin of the line, so that it becomes the arguments of printf; and back to its end.
        os.write(terminal, f"{line}\t\x01printf '<%s>' \x05; echo do''ne\n".encode())
        words.append(re.findall(r"<([^>%]*)>", until("done\r\n").split("\n", 1)[-1]))
    os.write(terminal, b"exit\n")
    os.waitpid(child, 0)
    os.close(terminal)
    return words


def check(shell, complete, lines, shorten=lambda line, item: item, part=False):
    for line, wants in lines.items():
        got = complete(line)
        wants = {shorten(line, item) for item in wants}
        assert wants <= got if part else got == wants, (shell, line, got, wants)
    print(shell, len(lines), "lines")


def test(directory):
    os.chdir(directory)
    os.environ["PATH"] = os.path.dirname(SIMGRAPH) + ":" + os.environ["PATH"]
    os.makedirs("runs/my")
    for name in "my.yaml", "runs/my/graph.yaml":
        open(name, "w").write(GRAPH)
    open("broken.yaml", "w").write("simgraph: 1\nargs: {a: [}\n")
    open("image.npy", "w").close()
    for shell in "bash", "zsh", "fish":
        open("completion." + shell, "w").write(script_of(shell))
    # What is the same for every shell.
    def plain(line):
        words = line.split()[1:] + [""] * line.endswith(" ")
        lines = run(SIMGRAPH, "complete", "--", *words).stdout.split("\n")
        return {item.split("\t")[0] for item in lines} - {"", ":files", ":directories"}

    check("complete", plain, EXACT)
    listed = run(SIMGRAPH, "complete", "--", "").stdout
    help_ = run(SIMGRAPH, "-h").stdout
    assert set(re.findall(r"^(\w+)\t", listed, re.M)) == set(re.findall(r"^  (\w+) +[a-z]", help_.split("usage:")[1], re.M))
    assert "\tshare of hidden cells" in run(SIMGRAPH, "complete", "--", "run", "my.yaml", "--set", "mask").stdout
    if shutil.which("bash"):
        check("bash", bash, EXACT, without_breaks)
        check("bash, files", bash, FILES, without_breaks)
        got = typed(["bash", "--norc", "-i"], "source completion.bash; PS1='$ '", ["simgraph run my.yaml --set mask"])
        assert got == [["simgraph", "run", "my.yaml", "--set", "mask_ratio="]], got
    if shutil.which("fish"):
        check("fish", fish, EXACT)
        check("fish, files", fish, FILES, part=True)
    if shutil.which("zsh"):
        setup = "PS1='$ '; autoload -Uz compinit; compinit -u -D; source completion.zsh; bindkey -e; unsetopt zle_bracketed_paste"
        lines = {line: {**EXACT, **FILES, "simgraph run my.y": {"my.yaml"}}[line] for line in (
            "simgraph run my.yaml --set mask", "simgraph eval my.yaml --mode=t", "simgraph run my.yaml@t",
            "simgraph run my.y", "simgraph export runs/m", "simgraph eval my.yaml --feed=im",
            "simgraph run my.yaml --set path=im")}
        for (line, wants), got in zip(lines.items(), typed(["zsh", "-f", "-i"], setup, lines)):
            assert got[:-1] == line.split(" ")[:-1] and {got[-1].rstrip("/")} == wants, (line, got)
        print("zsh", len(lines), "lines")


with tempfile.TemporaryDirectory() as scratch:
    test(scratch)
