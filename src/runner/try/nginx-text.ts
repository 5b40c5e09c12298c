// nginx's own words into problems with file and line, and the names it could not look up.

import { type FileView, resolvePath } from '../../host/file-view.ts'
import type { NginxConfig, SecretFiles } from '../../host/nginx-config.ts'
import { type Problem, problem } from './problem.ts'

const LINE = /\[(emerg|alert|crit|error|warn)\] (?:\d+#\d+: )?(.*)$/

/** Each message once (nginx says some of them twice, to stderr and to the log). */
export function readMessages(
  text: string,
  config: NginxConfig,
  shadow: FileView,
  secrets: SecretFiles,
): readonly Problem[] {
  const found = new Map<string, Problem>()
  const hidden = new Set(
    config.files.filter((file) => file.isPrivate || secrets.has(file.real)).map(({ real }) => real),
  )
  for (const line of text.split('\n')) {
    const match = LINE.exec(line)
    if (match?.[2] === undefined) continue
    const place = / in (\/.+?):(\d+)$/.exec(match[2])
    const path = place?.[1] === undefined ? undefined : (resolvePath(shadow, place[1])?.real ?? place[1])
    const words = place === null ? match[2] : match[2].slice(0, place.index)
    found.set(
      match[2],
      problem(
        match[1] === 'warn' ? 'nginx.warning' : 'nginx.failed',
        match[1] === 'warn' ? 'note' : 'red',
        path !== undefined && hidden.has(path)
          ? 'the words are withheld: it is secret, or only its owner may read it'
          : words,
        {
          ...(path === undefined ? {} : { path }),
          ...(place?.[2] === undefined ? {} : { line: Number(place[2]) }),
        },
      ),
    )
  }
  return [...found.values()]
}

/** A name that only the live network knows; undefined for a name to listen on, which must be there for real. */
export function unresolvedName(text: string): string | undefined {
  const found = /\[emerg\].* host not found in (?!"[^"]*" of the "listen")[^"\n]*"([^"\n]+)"/.exec(text)
  const name = found?.[1]?.replace(/^[a-z]+:\/\//, '').replace(/[:/].*$/, '')
  return name !== undefined && /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})$/.test(name) ? name : undefined
}
