// PHP.
import { calling, HTTP_METHODS } from './clients.ts'
import * as common from './common.ts'
import {
  connecting,
  download,
  evaluation,
  opening,
  path,
  reading,
  say,
  shellText,
  startWords,
  transfer,
} from './effects.ts'
import type { Action, Language } from './language.ts'
import { PHP_CALLS, PHP_RECORDS } from './records.ts'
import { NONE, plain, textOf } from './value.ts'

const { table } = common

/** A file, or whatever a URL answers. */
const contents: Action = (reader, given) =>
  /^(?:https?|ftps?|data|php:\/\/input)/.test(plain(given.all[0]) ?? '')
    ? fetched(reader, given)
    : reading()(reader, given)

/** The context says with which method. */
const fetched: Action = (reader, given) => {
  const http = given.all.find(({ fields }) => fields?.has('http'))?.fields?.get('http')
  const method = plain(http?.fields?.get('method'))
  return method === undefined || /^(?:get|head)$/i.test(method)
    ? download(reader, given)
    : calling(method)(reader, { ...given, all: given.all.slice(0, 1) })
}

/** `curl_setopt(handle, OPTION, value)`, `curl_setopt_array(handle, [OPTION => value])`. */
const curlOption: Action = (reader, given) => {
  const [handle, option, value] = given.all
  const all = option?.fields ?? new Map([[option?.name ?? '', value ?? NONE]])
  const url = all.get('CURLOPT_URL') ?? handle ?? NONE
  const custom = all.get('CURLOPT_CUSTOMREQUEST')
  const posts = [...all.keys()].some((name) => /^CURLOPT_POST(?:FIELDS)?$/.test(name))
  const puts = all.has('CURLOPT_PUT') || all.has('CURLOPT_UPLOAD')
  const method = custom === undefined ? (puts ? 'PUT' : posts ? 'POST' : undefined) : (plain(custom) ?? 'ANY')
  if (method !== undefined) calling(method)(reader, { ...given, all: [url, ...all.values()] })
  return handle
}
const including: Action = (reader, given) => {
  if (/^https?:/.test(plain(given.all[0]) ?? ''))
    return evaluation(reader, { ...given, all: [download(reader, given) ?? NONE] })
  return path('path.exec')(reader, given)
}
const functionByName: Action = (reader, given) => {
  const name = plain(given.all[0])
  return name === undefined ? undefined : reader.call({ name }, { ...given, all: given.all.slice(1) })
}
const callback: Action = (reader, given) => {
  const name = plain(given.all[0])
  if (name === undefined) return undefined
  for (const one of given.all[1]?.list ?? given.all.slice(1)) reader.call({ name }, { ...given, all: [one] })
  return undefined
}

export const PHP: Language = {
  name: 'php',
  syntax: {
    comments: ['//', '#'],
    block: ['/*', '*/'],
    plainSingle: true,
    ticks: 'command',
    heredoc: true,
    sigils: '$',
    interpolate: { marks: '"`', way: 'php' },
  },
  join: '.',
  bare: true,
  gets: { words: ['$argv'], own: [1, 1], variables: ['$_ENV', '$_SERVER'] },
  roots: new Set(['\\']),
  values: common.values({
    DIRECTORY_SEPARATOR: textOf('/'),
    PHP_BINARY: textOf('php'),
    __DIR__: textOf('.'),
  }),
  calls: table(
    ['@command', shellText()],
    ['getenv', common.variable],
    ['system exec shell_exec passthru popen', shellText()],
    ['proc_open', shellText()],
    [
      'pcntl_exec',
      ({ tell }, given) => startWords(tell, [given.all[0] ?? NONE, ...(given.all[1]?.list ?? [])]),
    ],
    ['unlink rmdir', path('path.delete')],
    ['rename', transfer('path.move')],
    ['copy', transfer('path.read')],
    ['link symlink', transfer('path.link')],
    ['move_uploaded_file', path('path.write', 1)],
    ['file_put_contents touch ftruncate tempnam', path('path.write')],
    ['mkdir', path('path.create')],
    ['chmod', path('path.chmod')],
    ['chown chgrp', path('path.chown')],
    ['fopen gzopen', opening()],
    ['file_get_contents readfile file fpassthru parse_ini_file highlight_file show_source', contents],
    ['include include_once require require_once', including],
    ['eval assert create_function', evaluation],
    ['call_user_func call_user_func_array', functionByName],
    ['array_map array_walk', callback],
    ['base64_decode', common.decodeBase64],
    ['hex2bin', common.fromHex],
    ['gzinflate gzuncompress gzdecode str_rot13 convert_uudecode unserialize', common.decoder],
    ['chr', common.character],
    ['strrev', common.reversed],
    ['implode join', common.joinList],
    [
      'explode',
      (reader, given) =>
        common.splitText(reader, { ...given, all: [given.all[1] ?? NONE, given.all[0] ?? NONE] }),
    ],
    [
      'str_replace',
      (_, given) => {
        const [from, to, source] = given.all.map((one) => plain(one))
        return from === undefined || to === undefined || source === undefined
          ? NONE
          : textOf(source.replaceAll(from, to))
      },
    ],
    ['sprintf', common.formatText],
    ['trim strtolower strtoupper escapeshellarg escapeshellcmd realpath strval', common.same],
    ['glob', common.glob],
    ['scandir', common.entries],
    ['curl_exec', download],
    ['curl_init stream_context_create', common.same],
    ['curl_setopt curl_setopt_array', curlOption],
    ['fsockopen pfsockopen stream_socket_client socket_connect', connecting],
    [
      'posix_kill',
      ({ tell }, given) => {
        say(tell, 'process.kill', { kind: 'process', by: 'pid', value: given.all[0]?.values?.[0] ?? [] })
        return undefined
      },
    ],
    [
      'mysqli_query pg_query',
      (reader, given) => {
        return common.DATABASE_METHODS.get('query')?.(reader, { ...given, all: given.all.slice(1) })
      },
    ],
    ...PHP_CALLS,
  ),
  methods: table(...common.DATABASE_METHODS, ...HTTP_METHODS, ...PHP_RECORDS, [
    'exec',
    (reader, given) => common.DATABASE_METHODS.get('query')?.(reader, given),
  ]),
}
