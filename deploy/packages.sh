# What deploy/quickstart and deploy/test need from Debian, and how it gets installed. Sourced by both.
# Each entry is a package and a file it brings; where the file is, the package is not asked for.

packages_to_build='
    libfcgi-dev:/usr/include/fcgiapp.h
    libssl-dev:/usr/include/openssl/ssl.h
    liblmdb-dev:/usr/include/lmdb.h
    libpcre2-dev:/usr/include/pcre2.h
    libcrypt-dev:/usr/include/crypt.h
    libargon2-dev:/usr/include/argon2.h
    libyaml-dev:/usr/include/yaml.h
    libcurl4-openssl-dev:/usr/bin/curl-config
    libexpat1-dev:/usr/include/expat.h
    zlib1g-dev:/usr/include/zlib.h
    pkg-config:/usr/bin/pkg-config
'
packages_to_run='
    nginx:/usr/sbin/nginx
    openssl:/usr/bin/openssl
    curl:/usr/bin/curl
    ca-certificates:/usr/sbin/update-ca-certificates
    python3-yaml:/usr/lib/python3/dist-packages/yaml/__init__.py
'
packages_to_test='
    apache2-bin:/usr/sbin/apache2
    libapache2-mod-auth-cas:/usr/lib/apache2/modules/mod_auth_cas.so
    php-cli:/usr/bin/php
    php-cgi:/usr/bin/php-cgi
    php-xml:/usr/share/php8.2-xml/xml/dom.ini
    php-cas:/usr/share/php/CAS.php
    python3-venv:/usr/lib/python3.11/ensurepip/__init__.py
    gcc:/usr/bin/gcc
    openjdk-17-jdk-headless:/usr/bin/javac
    libgoogle-gson-java:/usr/share/java/gson.jar
    golang-go:/usr/bin/go
    jose:/usr/bin/jose
    jq:/usr/bin/jq
    wrk:/usr/bin/wrk
    chromium:/usr/bin/chromium
    chromium-driver:/usr/bin/chromedriver
'

# CAS clients and a CAS server that others wrote, what tests REST by its description, and two implementations of JOSE, from PyPI. They go to
# .build/venv, out of reach of the system's Python.
python_packages='
    python-cas==1.7.2
    django-cas-ng==5.1.1
    django-cas-server==3.1.0
    Django==5.2.19
    lxml==6.1.3
    requests==2.34.2
    requests-futures==1.1.0
    schemathesis==4.32.5
    joserfc==1.8.0
    jwcrypto==1.6.1
'

# Makes .build/venv with exactly these packages, unless that is what it holds.
install_python_packages() {
    wanted=$(echo $python_packages)
    [ "$(cat .build/venv/installed 2>/dev/null)" != "$wanted" ] || return 0
    echo "installing $wanted"
    /usr/bin/python3 -m venv --clear .build/venv
    .build/venv/bin/pip -q install --disable-pip-version-check $python_packages
    echo "$wanted" >.build/venv/installed
}

# Installs those of the given entries that are missing. Root only; others are told the command.
install_packages() {
    missing=
    for entry in "$@"; do
        [ -e "${entry#*:}" ] || missing="$missing ${entry%%:*}"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "Packages are missing. Install them, then start again:" >&2
        echo "    sudo apt-get update && sudo apt-get install --no-install-recommends$missing" >&2
        return 1
    fi
    echo "installing$missing"
    apt-get -q update >/dev/null
    without_starting_services apt-get -qy install --no-install-recommends $missing >/dev/null
}

# Runs a command while Debian's packages may not start their services: nobody asked for nginx on port 80.
without_starting_services() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive "$@"
)
