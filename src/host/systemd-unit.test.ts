import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FileView, Look } from './file-view.ts'
import { compareShown, readBacks, readBytes, readTime } from './systemd-property.ts'
import { changedSettings, isUnitName, parseUnit, settingsInForce, unitFiles } from './systemd-unit.ts'

describe('a unit file is read as systemd reads it', () => {
  test('sections, keys, comments and continued lines', () => {
    const text =
      '# top\n[Unit]\nDescription = a b\n\n[Service]\nExecStart=/bin/x \\\n  # not this\n  two\nEnvironment=\n'
    expect(parseUnit(text)).toEqual({
      settings: [
        { section: 'Unit', key: 'Description', value: 'a b', line: 3 },
        { section: 'Service', key: 'ExecStart', value: '/bin/x  two', line: 6 },
        { section: 'Service', key: 'Environment', value: '', line: 9 },
      ],
      faults: [],
    })
  })
  test.each([
    ['A=1\n', 'no_section', 1],
    ['[S]\njunk\n', 'no_equals', 2],
    ['[S]\n=x\n', 'no_equals', 2],
    ['[]\n', 'bad_section', 1],
    ['[S]\nA=\0\n', 'not_text', 2],
  ])('%j is a fault', (text, why, line) => {
    expect(parseUnit(text).faults).toEqual([{ why, line }])
  })
  test('any text ends with a value', () => {
    const piece = fc.constantFrom('[', ']', 'A', '=', '\\', '\n', '#', ';', ' ', '\r', '\0')
    fc.assert(fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => void parseUnit(pieces.join(''))))
  })
  test('an empty value clears what stood before it, also across files', () => {
    const before = settingsInForce(['[Service]\nExecStart=/a\nNice=1\n'])
    const after = settingsInForce([
      '[Service]\nExecStart=/a\nNice=1\n',
      '[Service]\nExecStart=\nExecStart=/b\n',
    ])
    expect(after.get('Service.ExecStart')).toEqual(['/b'])
    expect(changedSettings(before, after)).toEqual(['Service.ExecStart'])
  })
  test('names', () => {
    for (const name of ['a.service', 'a@b.service', 'a@.timer', 'a-b_c:d.socket'])
      expect(isUnitName(name)).toBe(true)
    for (const name of ['a', '../a.service', 'a b.service', '-x', 'a.conf', ''])
      expect(isUnitName(name)).toBe(false)
  })
})

test('fragment and drop-ins come in the order in which the later one wins', () => {
  const file = (text: string): Look => ({
    kind: 'file',
    bytes: Buffer.from(text),
    mode: 0o644,
    uid: 0,
    gid: 0,
  })
  const directory = (...names: string[]): Look => ({ kind: 'directory', names })
  const looks: Record<string, Look> = {
    '/etc': directory('systemd'),
    '/etc/systemd': directory('system'),
    '/etc/systemd/system': directory('a-b.service.d', 'service.d'),
    '/etc/systemd/system/a-b.service.d': directory('20-x.conf', 'note.txt'),
    '/etc/systemd/system/a-b.service.d/20-x.conf': file('[Service]\nNice=2\n'),
    '/etc/systemd/system/service.d': directory('10-y.conf'),
    '/etc/systemd/system/service.d/10-y.conf': file('[Service]\nNice=1\n'),
    '/usr': directory('lib'),
    '/usr/lib': directory('systemd'),
    '/usr/lib/systemd': directory('system'),
    '/usr/lib/systemd/system': directory('a-b.service', 'a-b.service.d'),
    '/usr/lib/systemd/system/a-b.service': file('[Service]\nNice=0\n'),
    '/usr/lib/systemd/system/a-b.service.d': directory('20-x.conf'),
    '/usr/lib/systemd/system/a-b.service.d/20-x.conf': file('[Service]\nNice=9\n'),
  }
  const view: FileView = { look: (path) => looks[path] }
  expect(unitFiles(view, 'a-b.service').map(({ path }) => path)).toEqual([
    '/usr/lib/systemd/system/a-b.service',
    '/etc/systemd/system/service.d/10-y.conf',
    '/etc/systemd/system/a-b.service.d/20-x.conf',
  ])
})

describe('what systemctl shows is compared with what was planned', () => {
  const inForce = (text: string) => settingsInForce([`[Service]\n${text}\n`])
  test.each([
    ['MemoryMax=20M', '20971520', 'same'],
    ['MemoryMax=20M', '10485760', 'different'],
    ['MemoryMax=infinity', 'infinity', 'same'],
    ['MemoryMax=20%', '123', 'unknown'],
    ['TimeoutStopSec=90', '1min 30s', 'same'],
    ['TimeoutStopSec=90', '1min', 'different'],
    ['CPUQuota=20%', '200ms', 'same'],
    ['LimitNOFILE=1024:4096', '4096', 'same'],
    ['PrivateTmp=on', 'yes', 'same'],
    ['Restart=on-failure', 'no', 'different'],
    ['Environment=A=1 B=2', 'B=2 A=1', 'same'],
    ['Environment=A=1 B=2', 'B=2 C=3 A=1', 'different'],
    ['Environment=A=1 A=2', 'A=2', 'same'],
    ['ReadWritePaths=/a', '/a /b', 'different'],
    [
      'ExecStart=-/bin/x  y',
      '{ path=/bin/x ; argv[]=/bin/x y ; ignore_errors=yes ; start_time=[n/a] }',
      'same',
    ],
    ['ExecStart=/bin/x "y z"', '{ path=/bin/x ; argv[]=/bin/x y z ; ignore_errors=no ; }', 'unknown'],
  ])('%s shown as %s is %s', (line, shown, expected) => {
    const [item] = readBacks([`Service.${line.split('=')[0] ?? ''}`], inForce(line)).readable
    expect(item === undefined ? 'none' : compareShown(item, shown)).toBe(expected)
  })
  test('dependencies that systemd adds by itself do not count', () => {
    const inForce = settingsInForce(['[Unit]\nAfter=a.service\n'])
    const [item] = readBacks(['Unit.After'], inForce).readable
    expect(item && compareShown(item, 'basic.target a.service')).toBe('same')
    expect(item && compareShown(item, 'basic.target')).toBe('different')
  })
  test('what cannot be read back is said', () => {
    expect(
      readBacks(['Service.Oddity', 'Service.__proto__', 'Install.WantedBy'], inForce('Oddity=1')).unreadable
        .length,
    ).toBe(3)
  })
  test('units of time and size', () => {
    expect(readTime('1h 2min 3s 4ms')).toBe(3_723_004_000)
    expect(readTime('soon')).toBeUndefined()
    expect(readBytes('1.5K')).toBe(1536)
    expect(readBytes('x')).toBeUndefined()
  })
})
