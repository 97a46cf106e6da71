#!/usr/bin/env bash
# run.sh es8|es9|os [setting=value ...]   start a server in the foreground (SIGTERM stops it)
# run.sh es8|es9|os --setup               only resolve and lay out (idempotent; needs Maven Central once)
# Environment: JVM (the JDK: 17 or newer for es8, 21 or newer for es9 and os),
#   PORT (9200), TRANSPORT_PORT (PORT+100), DATA (./data-FLAVOR), HEAP (1g), HOME_DIR (./home-FLAVOR),
#   ELASTIC_PASSWORD  es8/es9: turns security on (basic auth + API keys) with this password for user elastic
#   TLS=1             es8/es9 with ELASTIC_PASSWORD: HTTPS with a self-signed certificate in HOME_DIR/config/http.crt
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
flavor=${1:?es8, es9 or os}; shift
case $flavor in
  es8) ver=8.19.21; mods="transport-netty4 x-pack-core x-pack-security x-pack-esql-core x-pack-esql" ;;
  es9) ver=9.5.3;   mods="transport-netty4 x-pack-core x-pack-security" ;;
  os)  ver=3.8.0;   mods="" ;;
  *) echo "es8, es9 or os" >&2; exit 2 ;;
esac
jvm=${JVM:?the folder of a JDK}
java=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$jvm/release")
H=${HOME_DIR:-$here/home-$flavor}
get() { # profile directory
  mkdir -p "$2"
  mvn -q -B -f "$here/pom.xml" -P"$1" -Des.version="$ver" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$2"
}
drop() { # remove from $1 the jars that $2 (a parent class loader) has
  for f in "$1"/*.jar; do [ ! -e "$2/$(basename "$f")" ] || rm "$f"; done
}
desc() { # name class extended
  cat > "$H.tmp/modules/$1/plugin-descriptor.properties" <<D
description=$1
version=$ver
name=$1
java.version=17
elasticsearch.version=$ver
classname=$2
extended.plugins=$3
has.native.controller=false
D
}
setup() {
  [ -e "$H/.ok" ] && return
  rm -rf "$H" "$H.tmp"; mkdir -p "$H.tmp"/{lib,config,classes,logs,plugins}
  local M=$H.tmp/modules L=$H.tmp/lib b=$H.tmp/build
  cat > "$H.tmp/config/log4j2.properties" <<'L'
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
L
  if [ "$flavor" = os ]; then
    get opensearch "$L"
    "$jvm/bin/javac" -nowarn -cp "$L/*" -d "$H.tmp/classes" "$here"/src/os/*.java
  else
    get lib "$L"
    for m in $mods; do get "$m" "$M/$m"; drop "$M/$m" "$L"; done
    for m in $mods; do [ "$m" = x-pack-core ] || [ "$m" = transport-netty4 ] || drop "$M/$m" "$M/x-pack-core"; done
    desc transport-netty4 org.elasticsearch.transport.netty4.Netty4Plugin ""
    desc x-pack-core org.elasticsearch.xpack.core.XPackPlugin ""
    desc x-pack-security org.elasticsearch.xpack.security.Security x-pack-core
    # Guice reflects on these three SAML types; SAML itself is never used
    mkdir -p "$b/stub"
    while read -r p c; do mkdir -p "$b/src/$p"; echo "package $p; public interface $c {}" > "$b/src/$p/$c.java"; done <<S
org.opensaml.saml.saml2.core StatusResponseType
org.opensaml.saml.saml2.core RequestAbstractType
org.opensaml.core.xml XMLObject
S
    find "$b/src" -name '*.java' -print0 | xargs -0 "$jvm/bin/javac" -d "$b/stub"
    "$jvm/bin/jar" cf "$M/x-pack-security/opensaml-stub.jar" -C "$b/stub" .
    if [ "$flavor" = es8 ]; then
      drop "$M/x-pack-esql" "$M/x-pack-esql-core"
      mkdir -p "$M/x-pack-kql" "$M/x-pack-mapper-version"
      cp "$M"/x-pack-esql/x-pack-kql-*.jar "$M"/x-pack-esql-core/antlr4-runtime-*.jar "$M/x-pack-kql/"
      cp "$M"/x-pack-esql-core/x-pack-mapper-version-*.jar "$M/x-pack-mapper-version/"
      desc x-pack-esql-core org.elasticsearch.xpack.esql.core.plugin.EsqlCorePlugin x-pack-core
      desc x-pack-esql org.elasticsearch.xpack.esql.plugin.EsqlPlugin x-pack-core,x-pack-esql-core
      desc x-pack-kql org.elasticsearch.xpack.kql.KqlPlugin x-pack-core
      desc x-pack-mapper-version org.elasticsearch.xpack.versionfield.VersionFieldPlugin x-pack-core
    fi
    mkdir -p "$M/dev-root" "$b/root"
    "$jvm/bin/javac" -nowarn -cp "$L/*" -d "$b/root" "$here/src/dev-root/"*.java "$here/src/dev-root${flavor#es}/"*.java
    "$jvm/bin/jar" cf "$M/dev-root/dev-root.jar" -C "$b/root" .
    desc dev-root local.devserver.DevRootPlugin ""
    "$jvm/bin/javac" -nowarn -cp "$L/*" -d "$H.tmp/classes" "$here/src/es/"*.java "$here/src/$flavor/"*.java
    # index.codec best_compression and logsdb want libzstd where Elasticsearch looks for it
    case $(uname -m) in aarch64) arch=aarch64 ;; *) arch=x64 ;; esac
    for z in /usr/lib/*-linux-gnu/libzstd.so.1; do
      if [ -e "$z" ]; then mkdir -p "$L/platform/linux-$arch"; ln -sf "$z" "$L/platform/linux-$arch/libzstd.so"; fi
    done
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
      -keyout "$H.tmp/config/http.key" -out "$H.tmp/config/http.crt" 2>/dev/null
    rm -rf "$b"
  fi
  touch "$H.tmp/.ok"; mv "$H.tmp" "$H"
}
setup
[ "${1:-}" = --setup ] && exit 0
port=${PORT:-9200}; heap=${HEAP:-1g}; data=${DATA:-$here/data-$flavor}
mkdir -p "$data" "$H/tmp"
set -- cluster.name=dev node.name=dev discovery.type=single-node network.host=127.0.0.1 http.port="$port" transport.port="${TRANSPORT_PORT:-$((port + 100))}" \
  path.data="$data" path.logs="$H/logs" cluster.routing.allocation.disk.threshold_enabled=false "$@"
jopt="-Xms$heap -Xmx$heap -XX:+UseG1GC -Djava.io.tmpdir=$H/tmp"
if [ "$java" -ge 21 ]; then jopt="$jopt --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED"; fi
if [ "$java" -ge 23 ]; then jopt="$jopt --sun-misc-unsafe-memory-access=allow"; fi
if [ "$flavor" = os ]; then main=OsMain; else
  jopt="$jopt -Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false" # libvec is not on Maven Central
  main=Main
  if [ -n "${ELASTIC_PASSWORD:-}" ]; then
    set -- "$@" xpack.security.enabled=true
    [ -z "${TLS:-}" ] || set -- "$@" xpack.security.http.ssl.enabled=true xpack.security.http.ssl.key=http.key xpack.security.http.ssl.certificate=http.crt
  else set -- "$@" xpack.security.enabled=false; fi
fi
exec "$jvm/bin/java" $jopt ${JAVA_OPTS:-} -Des.path.home="$H" -Des.path.conf="$H/config" -Dopensearch.path.home="$H" -cp "$H/classes:$H/lib/*" $main "$@"
