// Kinds of configuration files that one program reads, each with the real program in the sandbox: what it takes passes, a typing error is
// refused with its line, and where the program is not installed nobody has looked. A new kind is one row more in SAMPLES.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProgramValidator } from '../../src/plans/config-kinds/kind.ts'
import { type ConfigKind, kindOfPath, kindRow } from '../../src/plans/config-kinds/registry.ts'
import { type ProgramValidation, validateProgram } from '../../src/runner/try/validate-program.ts'
import { validateReading } from '../../src/runner/try/validate-reading.ts'
import type { Availability } from '../../src/sandbox/sandbox.ts'
import { openScratch, sandboxAvailable } from '../../src/sandbox/sandbox.ts'
import { run } from '../../src/sys/process.ts'
import { problemLines } from '../../src/words/problem.ts'
import { LANGUAGES } from '../../src/words/words.ts'
import { changeOf, viewOf } from './sandbox-world.ts'

interface Sample {
  readonly kind: ConfigKind
  /** What stands there before. */
  readonly live: Readonly<Record<string, string>>
  readonly path: string
  readonly valid: string
  readonly typo: string
  readonly line: number
  readonly says: RegExp
  /** Of what is valid. */
  readonly remarks: readonly (readonly ['note', number])[]
  /** Of a name that the program does not read. */
  readonly notRead: string
}

const SAMPLES: readonly Sample[] = [
  {
    kind: 'logrotate',
    live: {
      '/etc/logrotate.conf': 'weekly\nrotate 4\ncreate\ninclude /etc/logrotate.d\n',
      '/etc/logrotate.d/other': '/var/log/other/*.log {\n  missingok\n}\n',
    },
    path: '/etc/logrotate.d/app',
    valid: '/var/log/app.log {\n  daily\n  rotate 7\n  postrotate\n    touch /srv/ran\n  endscript\n}\n',
    remarks: [],
    typo: '/var/log/app.log {\n  daily\n  rotaet 7\n}\n',
    line: 3,
    says: /unknown option 'rotaet'/,
    notRead: '/etc/logrotate.d/app.bak',
  },
  {
    kind: 'sshd',
    live: {
      '/etc/ssh/sshd_config':
        'Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nSubsystem sftp internal-sftp\n',
      // Of a host key nothing is copied: one that was made for the trial stands in its place.
      '/etc/ssh/ssh_host_ecdsa_key': '-----BEGIN OPENSSH PRIVATE KEY-----\nnobody reads this\n',
    },
    path: '/etc/ssh/sshd_config.d/10-shop.conf',
    valid: '# shop\nPermitRootLogin no\nPort 2222\nRSAAuthentication yes\n',
    remarks: [['note', 4]],
    typo: '# shop\nPermitRootLogin no\nMaxAuthTreis 3\n',
    line: 3,
    says: /Bad configuration option: MaxAuthTreis/,
    notRead: '/etc/ssh/sshd_config.d/10-shop.conf.off',
  },
  {
    kind: 'sudoers',
    live: {
      '/etc/sudoers': 'Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n',
      '/etc/sudoers.d/other': 'other ALL=(root) /usr/bin/true\n',
    },
    path: '/etc/sudoers.d/deploy',
    valid: '# deploy\ndeploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart shop\n',
    remarks: [],
    typo: '# deploy\ndeploy ALL=(root NOPASSWD: /usr/bin/systemctl restart shop\n',
    line: 2,
    says: /syntax error/,
    notRead: '/etc/sudoers.d/deploy.conf',
  },
]

let scratch: string
let sandbox: Availability
const worlds: string[] = []
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'sekisho-kinds-'))
  await openScratch(scratch)
  sandbox = await sandboxAvailable({ process: run, scratch, uid: process.getuid?.() ?? -1 })
})
afterAll(() => {
  for (const directory of [scratch, ...worlds]) rmSync(directory, { recursive: true, force: true })
})

function validatorOf(kind: ConfigKind): ProgramValidator {
  const { validator } = kindRow(kind)
  if (validator.by !== 'program') throw new Error(`${kind} has no program`)
  return validator
}

const isInstalled = ({ program }: ProgramValidator) =>
  ['/usr/sbin', '/usr/bin'].some((place) => existsSync(join(place, program)))

const MODES = [
  [/sudoers/, 0o440],
  [/_key$|sshd_config$|closed/, 0o600],
] as const

/** The files of a sample in the place of the machine's own. */
function viewWith(live: Sample['live'], reads: readonly string[]) {
  const root = mkdtempSync(join(tmpdir(), 'sekisho-kind-'))
  worlds.push(root)
  for (const [path, text] of Object.entries(live)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, { mode: MODES.find(([of]) => of.test(path))?.[1] ?? 0o644 })
  }
  return viewOf(Object.fromEntries(reads.map((place) => [place, join(root, place)])))
}

async function validate(
  sample: Sample,
  text: string | undefined,
  {
    path = sample.path,
    live = sample.live,
    program,
  }: { path?: string; live?: Sample['live']; program?: string } = {},
): Promise<ProgramValidation> {
  const validator = validatorOf(sample.kind)
  const result = await validateProgram({
    validator: program === undefined ? validator : { ...validator, program },
    changes: [changeOf(path, text, kindRow(sample.kind).owned?.mode ?? 0o644)],
    sandbox,
    scratch,
    process: run,
    live: viewWith(live, validator.reads),
  })
  expect(readdirSync(scratch)).toEqual([])
  return result
}

describe.each(SAMPLES)('files of the kind $kind', (sample) => {
  const validator = validatorOf(sample.kind)
  const there = isInstalled(validator)

  test('the place says which kind it is', () => {
    for (const path of [sample.path, ...Object.keys(sample.live).filter((one) => !one.endsWith('_key'))])
      expect(kindOfPath(path)).toBe(sample.kind)
  })

  test('what the program takes passes, and taking the file away too', async () => {
    const { verdict, problems } = await validate(sample, sample.valid)
    expect(verdict).toBe(there ? 'green' : 'missing')
    // Old words that still work are remarks.
    expect(problems.map(({ level, line }) => [level, line])).toEqual(there ? sample.remarks : [])
    const live = { ...sample.live, [sample.path]: sample.valid }
    expect((await validate(sample, undefined, { live })).verdict).toBe(there ? 'green' : 'missing')
  })

  test('a typing error is refused with its line, in both languages', async () => {
    const { verdict, problems } = await validate(sample, sample.typo)
    expect(verdict).toBe(there ? 'red' : 'missing')
    for (const language of there ? LANGUAGES : []) {
      const lines = problems
        .filter(({ level }) => level === 'red')
        .flatMap((one) => problemLines(one, language))
      expect(lines.join('\n')).toContain(`${sample.path}:${sample.line}`)
      expect(lines.join('\n')).toMatch(sample.says)
    }
  })

  test('a file that the program passes over is no pass', async () => {
    const { verdict, problems } = await validate(sample, sample.valid, { path: sample.notRead })
    expect([verdict, problems.map(({ code, path }) => [code, path])]).toEqual(
      there ? ['red', [['program.not_effective', sample.notRead]]] : ['missing', []],
    )
  })

  test('without the program nobody has looked', async () => {
    expect(await validate(sample, sample.valid, { program: 'sekisho-not-installed' })).toMatchObject({
      verdict: 'missing',
      problems: [],
    })
  })
})

test('a fault of another file of logrotate that was there before is a remark and not in the way', async () => {
  const [logrotate] = SAMPLES
  if (logrotate === undefined) throw new Error('no sample')
  const live = { ...logrotate.live, '/etc/logrotate.d/other': '/var/log/other.log {\n  wekly\n}\n' }
  const { verdict, problems } = await validate(logrotate, logrotate.valid, { live })
  const there = isInstalled(validatorOf('logrotate'))
  expect([verdict, problems.map(({ code, level }) => [code, level])]).toEqual(
    there ? ['green', [['program.warning', 'note']]] : ['missing', []],
  )
})

function sampleOf(kind: ConfigKind): Sample {
  const sample = SAMPLES.find((one) => one.kind === kind)
  if (sample === undefined) throw new Error(`no sample of ${kind}`)
  return sample
}

test('a change that takes away the main file of logrotate is refused with the words of logrotate', async () => {
  const logrotate = sampleOf('logrotate')
  const { verdict, problems } = await validate(logrotate, undefined, { path: '/etc/logrotate.conf' })
  const there = isInstalled(validatorOf('logrotate'))
  expect([verdict, problems.map(({ code, level }) => [code, level])]).toEqual(
    there ? ['red', [['program.failed', 'red']]] : ['missing', []],
  )
  if (there) expect(problems[0]?.text).toMatch(/logrotate\.conf.*No such file/)
})

test('where sshd ends without a line of a file, its cause is told and no value of a closed file', async () => {
  const sshd = sampleOf('sshd')
  const live = {
    ...sshd.live,
    '/etc/ssh/sshd_config': `HostKey /etc/ssh/not_there_key\n${sshd.live['/etc/ssh/sshd_config']}`,
    '/etc/ssh/sshd_config.d/01-closed.conf': 'SetEnv TOKEN=closed-value\n',
  }
  const { verdict, problems } = await validate(sshd, sshd.valid, { live })
  const there = isInstalled(validatorOf('sshd'))
  expect(verdict).toBe(there ? 'red' : 'missing')
  const text = problems
    .filter(({ level }) => level === 'red')
    .map((one) => one.text)
    .join('\n')
  if (there) expect(text).toMatch(/Unable to load host key/)
  expect(text).not.toMatch(/debug|closed-value/)
})

test('a crontab that is written beside one that is deleted is read, and only the other is told as unread', () => {
  const { validator } = kindRow('crontab')
  if (validator.by !== 'reading') throw new Error('crontab is read by a program')
  const read = (text: string | undefined) =>
    validateReading({
      validator,
      files: [
        { path: '/etc/cron.d/old', change: changeOf('/etc/cron.d/old', undefined) },
        { path: '/etc/cron.d/new', change: changeOf('/etc/cron.d/new', text) },
      ],
      live: viewOf({}),
    })
  expect(read('60 * * * * root true\n')).toMatchObject({
    verdict: 'red',
    problems: [{ code: 'crontab.time', path: '/etc/cron.d/new', line: 1 }],
    unread: ['/etc/cron.d/old'],
  })
  expect(read('0 * * * * root true\n')).toMatchObject({ verdict: 'green', unread: ['/etc/cron.d/old'] })
  expect(read(undefined)).toMatchObject({
    verdict: 'unread',
    unread: ['/etc/cron.d/old', '/etc/cron.d/new'],
  })
})
