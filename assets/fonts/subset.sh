#!/bin/sh
# Makes the four bundled fonts from Debian's packages fonts-inter and fonts-jetbrains-mono.
#
#   pip install fonttools && ./subset.sh
#
# INTER and MONO may name other folders with the same files; PYTHON another interpreter.
set -eu
cd "$(dirname "$0")"
inter=${INTER:-/usr/share/fonts/opentype/inter}
mono=${MONO:-/usr/share/fonts/truetype/jetbrains-mono}
python=${PYTHON:-python3}

"$python" subset.py "$inter/Inter-Regular.otf" Inter-Regular.otf
"$python" subset.py "$inter/Inter-SemiBold.otf" Inter-SemiBold.otf
"$python" subset.py "$mono/JetBrainsMono-Regular.ttf" JetBrainsMono-Regular.ttf
"$python" subset.py "$mono/JetBrainsMono-Medium.ttf" JetBrainsMono-Medium.ttf
ls -l ./*.otf ./*.ttf
