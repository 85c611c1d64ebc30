# Sourced by scripts/peers/openbao and scripts/peers/vault/peer: the same verbs over two servers with one API.
#
# Who sources it defines before calling vault_server_main "$@":
#   name               what messages begin with
#   usage              prints the help and exits 64
#   server_arguments   an array function: sets `arguments` from $address, $dir, $tls (no, yes, client), writes its
#                      configuration into $dir/server
#   cached             prints the path of the server's program if it is in the cache
#   fetch WORK         makes the program in the directory WORK and prints its path; called under a lock
#   cache_name         a variable: the program's folder below the cache
# shellcheck shell=bash
lib=$(dirname "${BASH_SOURCE[0]}")
cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/plumb/peers

# cannot REASON: the server cannot be had on this machine. The reason is kept for those who may not fetch.
cannot() {
  { mkdir -p "$cache" && printf '%s\n' "$1" >"$cache/$cache_name.reason"; } 2>/dev/null || true
  echo "$name: $1" >&2
  exit 77
}

# Makes sure that the program is in the cache; sets `binary`.
install_server() {
  binary=$cache/$cache_name/server
  if [ -x "$binary" ]; then return; fi
  if [ "${PLUMB_PEERS:-}" = cached ]; then
    local reason="it is not in the cache; $0 install puts it there"
    if [ -f "$cache/$cache_name.reason" ]; then reason="$(cat "$cache/$cache_name.reason"); $0 install tries again"; fi
    echo "$name: $reason" >&2
    exit 77
  fi
  mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] || cannot "$cache cannot be written"
  # One fetches, the others wait for it.
  exec 8>"$cache/$cache_name.lock"
  flock 8
  if [ ! -x "$binary" ]; then
    # What one that was killed left.
    for work in "$cache/.$cache_name".*; do
      if [ -d "$work" ]; then chmod -R u+w "$work" && rm -rf "$work"; fi
    done
    work=$(mktemp -d "$cache/.$cache_name.XXXXXX")
    trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
    fetch "$work"
    chmod 755 "$work/out" "$work/out/server"
    rm -rf "${cache:?}/$cache_name"
    mv "$work/out" "$cache/$cache_name"
    chmod -R u+w "$work"
    rm -rf "$work" "$cache/$cache_name.reason"
    trap - EXIT
  fi
  exec 8>&-
}

# The server runs unprivileged.
as_server() { "$@"; }
owner=
if [ "$(id -u)" -eq 0 ]; then
  owner=nobody
  as_server() { setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups -- "$@"; }
fi

# started PID: when that process began, in the kernel's ticks; a pid alone may have passed to another process.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

running() {
  local pid since
  [ -f "$dir/pid" ] && read -r pid since <"$dir/pid" && [ -n "$since" ] && [ "$(started "$pid")" = "$since" ]
}

free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 30000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  echo "$name: no free port found" >&2
  exit 1
}

# certificate NAME SUBJECT EXTENSIONS: a key and a certificate signed by the authority.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/$1-key.pem" -out "$dir/$1.csr" -subj "$2"
  printf '%b' "$3" >"$dir/$1.ext"
  openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca-key.pem" -set_serial "0x$(openssl rand -hex 8)" \
    -days 30 -extfile "$dir/$1.ext" -out "$dir/$1.pem"
  rm -f "$dir/$1.csr" "$dir/$1.ext"
}

# An authority of its own, a certificate for the server and one for a client.
make_certificates() {
  if ! command -v openssl >/dev/null; then
    echo "$name: --tls needs openssl (Debian: apt-get install openssl)" >&2
    exit 77
  fi
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/ca-key.pem" -out "$dir/ca.pem" \
      -days 30 -subj "/CN=Plumb's test authority" -addext keyUsage=critical,keyCertSign,cRLSign &&
      certificate server "/CN=localhost" 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n' &&
      certificate client "/CN=plumb" 'extendedKeyUsage=clientAuth\n'
  } >"$dir/openssl.log" 2>&1 || { cat "$dir/openssl.log" >&2; exit 1; }
  rm -f "$dir/ca-key.pem" "$dir/openssl.log"
  cp "$dir/ca.pem" "$dir/server.pem" "$dir/server-key.pem" "$dir/server/"
}

start() {
  if running && [ -f "$dir/env" ]; then return; fi
  install_server
  umask 077
  mkdir -p "$dir"
  # Where the server reads is its own; the rest of DIR is the caller's.
  rm -rf "$dir/server"
  mkdir "$dir/server"
  if [ "$tls" != no ]; then make_certificates; fi
  local scheme=http try pid status
  if [ "$tls" != no ]; then scheme=https; fi
  for try in 1 2 3; do
    address=127.0.0.1:$(free_port)
    server_arguments
    if [ -n "$owner" ]; then
      chown -R "$owner" "$dir/server"
      chmod 711 "$dir"
      if ! as_server test -r "$dir/server"; then
        echo "$name: $owner, as whom the server runs, cannot reach $dir: chmod o+x the directories above it" >&2
        exit 1
      fi
    fi
    # Through an open file, because the cache may lie where an unprivileged user cannot look.
    exec 9<"$binary"
    (
      cd /
      as_exec=()
      if [ -n "$owner" ]; then as_exec=(setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups --); fi
      exec setsid "${as_exec[@]}" env -i PATH="$PATH" HOME=/nonexistent /proc/self/fd/9 "${arguments[@]}"
    ) >"$dir/server.log" 2>&1 </dev/null &
    pid=$!
    disown
    exec 9<&-
    echo "$pid $(started "$pid")" >"$dir/pid"
    status=0
    python3 "$lib/vault_init.py" "$scheme://$address" "$dir" "$pid" "$tls" "$sealed" || status=$?
    if [ $status -eq 0 ]; then return; fi
    kill -KILL "$pid" 2>/dev/null || true
    # 3: it ended by itself; another process may have taken the port.
    if [ $status -ne 3 ] || [ "$try" = 3 ]; then tail -20 "$dir/server.log" >&2; exit 1; fi
  done
}

stop() {
  local pid
  if running; then
    read -r pid _ <"$dir/pid"
    kill -KILL "$pid" 2>/dev/null || true
    while running; do sleep 0.01; done
  fi
  rm -rf "$dir/server"
  rm -f "$dir"/{env,pid,unseal-key,server.log,ca.pem,server.pem,server-key.pem,client.pem,client-key.pem,openssl.log}
  rmdir "$dir" 2>/dev/null || true
}

unseal() {
  if ! running; then
    echo "$name: no server of $dir is running" >&2
    exit 1
  fi
  python3 "$lib/vault_init.py" unseal "$dir"
}

vault_server_main() {
  [ $# -ge 1 ] || usage
  action=$1
  shift
  tls=no sealed=no dir=
  while [ $# -gt 0 ]; do
    case $1 in
      --tls) [ $tls = client ] || tls=yes ;;
      --client-cert) tls=client ;;
      --sealed) sealed=yes ;;
      -*) usage ;;
      /*) dir=$1 ;;
      *) dir=$PWD/$1 ;;
    esac
    shift
  done
  case $action:$dir in
    install:) install_server && echo "$binary" ;;
    start:?*) start ;;
    stop:?*) stop ;;
    unseal:?*) unseal ;;
    *) usage ;;
  esac
}
