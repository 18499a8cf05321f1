#!/usr/bin/env python3
"""The graphs that come with simgraph: each is free of errors, and short runs of those that draw their own images
predict hidden pixels clearly better than the mean of all images does.

usage: graphs_test.py SIMGRAPH DIRECTORY    (the directory of the graphs)
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

SHORT = ["images=1024", "epochs=3"]
RUNS = {"conv.yaml": [SHORT, SHORT + ["nodes.mask.op=box_mask", "mask_ratio=0.3"]], "hard.yaml": [SHORT], "shapes.yaml": [SHORT],
        "swin_small.yaml": [SHORT],
        "cnn_16.yaml": [["data.train.count=2048", "epochs=10", "part=hidden"]]}
