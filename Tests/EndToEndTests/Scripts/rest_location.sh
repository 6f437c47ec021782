#!/bin/sh
# A shell script of the kind that splits the Location field: rest_location.sh BASE CA [CERTIFICATE KEY]
# Prints the ticket-granting ticket, the service ticket and the validated user.
set -eu
base=$1 authority=$2
service='https://app.example.org/robot?a=1&b=2'
call() { curl -sS --fail --cacert "$authority" ${key:+--cert "$certificate" --key "$key"} "$@"; }

if [ $# -gt 2 ]; then
    certificate=$3 key=$4
    set -- -X POST
else
    set -- -d username=casuser -d password=Mellon
fi
location=$(call -D - -o /dev/null "$@" "$base/v1/tickets" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
tgt=${location##*/}
echo "$tgt"
st=$(call --data-urlencode "service=$service" "$base/v1/tickets/$tgt")
echo "$st"
call -G --data-urlencode "service=$service" --data-urlencode "ticket=$st" "$base/p3/serviceValidate" |
    sed -n 's/.*<cas:user>\(.*\)<\/cas:user>.*/\1/p'
call -o /dev/null -w '%{http_code}\n' -X DELETE "$base/v1/tickets/$tgt"
