#!/bin/sh
# Says what is missing on this machine and how to get it; prints the Python to use when all is there.
missing=0
need() {
    echo "missing: $1" >&2
    echo "  install it, for example: $2" >&2
    missing=1
}

python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    need "Python 3.11 or newer" "apt install python3 python3-venv"
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    need "Python's venv module" "apt install python3-venv"
fi

java=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
if [ "${java:-0}" -lt 17 ]; then
    need "Java 17 or newer (for Apache Kafka)" "apt install openjdk-17-jre-headless"
fi
command -v mvn >/dev/null || need "Maven (fetches Apache Kafka's jars)" "apt install maven"

[ "$missing" -eq 0 ] || exit 1
echo "$python"
