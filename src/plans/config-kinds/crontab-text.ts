// A system crontab as cron takes it (crontab(5), entry.c of Debian's cron): five fields or an @name, a user, a command. Total: every
// text gives a list of faults, and an empty list means that cron loads the file.
import type { FileRead, ReadFault } from './kind.ts'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const FIELDS: readonly { readonly from: number; readonly to: number; readonly names: readonly string[] }[] = [
  { from: 0, to: 59, names: [] },
  { from: 0, to: 23, names: [] },
  { from: 1, to: 31, names: [] },
  { from: 1, to: 12, names: MONTHS },
  { from: 0, to: 7, names: DAYS },
]
/** Compared with case, unlike the names of months and days. */
const NICKNAMES = ['reboot', 'yearly', 'annually', 'monthly', 'weekly', 'daily', 'midnight', 'hourly']
const WRITTEN_BY_OTHERS = 0o022
/** cron takes no other names in /etc/cron.d. */
const FILE_NAME = /^\/etc\/(?:crontab|cron\.d\/[A-Za-z0-9_-]+)$/
const SETTING = /^(?:"[^"]*"|'[^']*'|[^\s="']+)\s*=/

export function readCrontab({ path, text, mode, uid, users }: FileRead): readonly ReadFault[] {
  const faults: ReadFault[] = []
  if (!FILE_NAME.test(path)) faults.push({ code: 'crontab.file_name', text: path })
  if (uid !== 0 || (mode & WRITTEN_BY_OTHERS) !== 0)
    faults.push({ code: 'crontab.owner', text: `${mode.toString(8).padStart(4, '0')} ${uid}` })
  const lines = text.split('\n')
  if (lines.at(-1) !== '') faults.push({ code: 'crontab.last_line', line: lines.length, text: '' })
  for (const [i, line] of lines.entries()) {
    // cron skips these two alone: before an entry any other blank is a fault.
    const entry = line.replace(/^[ \t]+/, '')
    if (entry === '' || entry.startsWith('#') || SETTING.test(entry)) continue
    const fault = faultOf(entry, users)
    if (fault !== undefined) faults.push({ ...fault, line: i + 1 })
  }
  return faults
}

function faultOf(entry: string, users: ReadonlySet<string> | undefined): ReadFault | undefined {
  const isNamed = entry.startsWith('@')
  const words = entry.split(/[ \t]+/)
  const times = words.slice(0, isNamed ? 1 : FIELDS.length)
  const [user, ...command] = words.slice(times.length)
  if (isNamed && !NICKNAMES.includes(times[0]?.slice(1) ?? ''))
    return { code: 'crontab.nickname', text: times[0] ?? '' }
  const wrong = isNamed ? undefined : times.find((word, i) => !isTime(word, FIELDS[i]))
  if (wrong !== undefined) return { code: 'crontab.time', text: wrong }
  if (user === undefined || command.join('').trim() === '') return { code: 'crontab.fields', text: entry }
  return users !== undefined && !users.has(user) ? { code: 'crontab.user', text: user } : undefined
}

/** `*`, a number or a name, a span, each with a step where it is a span; several behind commas. */
function isTime(word: string, field: (typeof FIELDS)[number] | undefined): boolean {
  if (field === undefined) return false
  return word.split(',').every((part) => {
    const [span = '', step, ...more] = part.split('/')
    if (more.length > 0) return false
    const isStep = step === undefined || (/^\d{1,2}$/.test(step) && Number(step) > 0)
    if (span === '*') return isStep
    const ends = span.split('-')
    const values = ends.map((end) => valueOf(end, field))
    const [first, last] = values
    if (first === undefined || values.includes(undefined) || ends.length > 2) return false
    return isStep && (last === undefined || ends.length === 1 ? step === undefined : first <= last)
  })
}

function valueOf(word: string, { from, to, names }: (typeof FIELDS)[number]): number | undefined {
  const name = names.indexOf(word.toLowerCase())
  const value = name >= 0 ? name + (names === MONTHS ? 1 : 0) : /^\d{1,2}$/.test(word) ? Number(word) : -1
  return value >= from && value <= to ? value : undefined
}
