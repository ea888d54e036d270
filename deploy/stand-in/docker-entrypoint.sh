#!/bin/bash
# SPDX-FileCopyrightText: The Beckon authors
# SPDX-License-Identifier: Apache-2.0
#
# What Beckon's image needs of the entry point of Flink's, for a stand-in of that image:
# standalone-job, taskmanager, FLINK_PROPERTIES, JOB_MANAGER_RPC_ADDRESS; any other command is run.
set -euo pipefail

home=${FLINK_HOME:-/opt/flink}
conf=$(mktemp -d)
cp "$home"/conf/* "$conf"
{
  echo "jobmanager.rpc.address: ${JOB_MANAGER_RPC_ADDRESS:-$(hostname)}"
  printf '%s\n' "${FLINK_PROPERTIES:-}"
} >>"$conf/config.yaml"
export FLINK_CONF_DIR=$conf FLINK_LIB_DIR=$home/lib FLINK_PLUGINS_DIR=$home/plugins

class_path="$home/lib/*"
opens=()
for package in java.lang java.net java.io java.nio sun.nio.ch java.lang.reflect java.text java.time \
  java.util java.util.concurrent java.util.concurrent.atomic java.util.concurrent.locks; do
  opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
log=("-Dlog4j.configurationFile=file:$conf/log4j-console.properties")

# What Flink makes of the sizes in its settings: options of the JVM, then settings that come of them.
sizes() {
  java -cp "$class_path" "${log[@]}" org.apache.flink.runtime.util.bash.BashJavaUtils "$1" --configDir "$conf" |
    sed -n 's/^BASH_JAVA_UTILS_EXEC_RESULT://p'
}

case ${1:-help} in
  standalone-job)
    shift
    mapfile -t found < <(sizes GET_JM_RESOURCE_PARAMS)
    # shellcheck disable=SC2086 # several options in one line
    exec java ${found[0]} "${opens[@]}" "${log[@]}" -cp "$class_path" \
      org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint \
      --configDir "$conf" ${found[1]} "$@"
    ;;
  taskmanager)
    shift
    mapfile -t found < <(sizes GET_TM_RESOURCE_PARAMS)
    # shellcheck disable=SC2086
    exec java ${found[0]} "${opens[@]}" "${log[@]}" -cp "$class_path" \
      org.apache.flink.runtime.taskexecutor.TaskManagerRunner --configDir "$conf" ${found[1]} "$@"
    ;;
  help)
    echo "standalone-job | taskmanager | a command"
    ;;
  *)
    exec "$@"
    ;;
esac
