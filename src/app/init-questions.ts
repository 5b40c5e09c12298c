// Where in the written sekisho.yaml a question of `init` is answered: the line that a person looks at. Pure.
import type { Unclear } from './inventory-findings.ts'

/** Counted from 1. The line of what is asked about; else its service; else the head of the services; else the first line. */
export function lineOf(question: Unclear, lines: readonly string[], serviceOf: ServiceOf): number {
  const { code, values } = question
  const name = values['service'] ?? values['first'] ?? serviceOf(values['unit'] ?? '')
  const start = name === undefined ? -1 : lines.findIndex((line) => line === `  ${name}:`)
  const after = start === -1 ? -1 : lines.findIndex((line, i) => i > start && /^(?: {2})?[^\s#]/.test(line))
  const block = start === -1 ? lines : lines.slice(start, after === -1 ? undefined : after)
  const first = start === -1 ? 0 : start
  const found = NEEDLES[code](values)
    .map((needle) => block.findIndex((line) => line.includes(needle)))
    .find((at) => at !== -1)
  if (found !== undefined) return first + found + 1
  if (start !== -1) return start + 1
  return (
    Math.max(
      0,
      lines.findIndex((line) => line.startsWith('services:')),
    ) + 1
  )
}

/** The name under which a unit stands in the file. */
export type ServiceOf = (unit: string) => string | undefined

type Needles = (values: Readonly<Record<string, string>>) => readonly string[]

const path: Needles = (values) => [
  `${values['path'] ?? ''},`,
  `${values['path'] ?? ''}'`,
  values['path'] ?? '\0',
]
const none: Needles = () => []
const dataLine: Needles = (values) => [
  `dir: ${values['dir'] ?? '\0'}`,
  `dir: '${values['dir'] ?? '\0'}`,
  '# data:',
]

const NEEDLES: Readonly<Record<Unclear['code'], Needles>> = {
  no_health: () => ['# health:'],
  own_certificate: () => ['health:'],
  no_unit_of_site: path,
  elsewhere: path,
  template_unit: none,
  env_pattern: () => ['configs:'],
  file_refused: () => ['configs:'],
  file_shared: path,
  no_services: none,
  no_systemd: none,
  two_units: path,
  name_odd: none,
  more_logs: () => ['logs:'],
  is_data: (values) => [`dir: ${values['path'] ?? '\0'}`, `dir: '${values['path'] ?? '\0'}`, '# data:'],
  broken_json: dataLine,
  passwords: dataLine,
  tracked_data: dataLine,
  no_backup_disk: () => ['# backup:'],
  code_branch: () => ['#   branch:'],
  code_remote: () => ['# repo:'],
  code_test: () => ['# test:'],
  code_lock: () => ['# repo:'],
  code_packages: () => ['# repo:'],
}
