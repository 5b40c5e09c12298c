// S30: a timestamped copy of every file before it is touched, outside every include path, and an undo that gives back bytes, owner,
// mode, ACL and attributes. Oracles: sha256sum, stat, getfacl, getfattr; never our own reader.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SekishoError } from '../../src/base/error.ts'
import type { ChangeId } from '../../src/base/id.ts'
import { readFileFacts } from '../../src/host/file-facts.ts'
import { type Action } from '../../src/plans/actions.ts'
import { isPictureOf } from '../../src/plans/picture.ts'
import { planConfig } from '../../src/playbook/config.ts'
import { apply, probe, probeUndone, undo } from '../../src/runner/act/action.ts'
import { keepCopies } from '../../src/runner/act/copies.ts'
import { stageName } from '../../src/runner/act/place-file.ts'
import { changeOf, declaration, makeWorld, planned, type World } from './acts-world.ts'

const sh = (...argv: string[]) => execFileSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8' })
/** Everything that must be equal after an undo, by other programs than ours. */
const looks = (path: string) =>
  [
    sh('sha256sum', path),
    sh('stat', '-c', '%a %u %g %F', path),
    sh('getfacl', '-cnp', path),
    sh('getfattr', '-d', '-m', '-', '--absolute-names', path),
  ].join('\n')
const PUT_BACK = [{ kind: 'putBack' }] as const
const since = { boot: '', uptime: 0 }
const isRoot = process.getuid?.() === 0

describe('S30 files', () => {
  let world: World
  beforeEach(() => {
    world = makeWorld()
  })
  afterEach(() => world.end())

  async function refusal(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
      () => undefined,
      (cause: unknown) => cause,
    )
    expect(error).toBeInstanceOf(SekishoError)
    return (error as SekishoError).code
  }

  test('the copy has a time stamp and the execution in its name, equal bytes, owner, mode and ACL, and lies outside the tree', async () => {
    const path = world.file('site', 'old\n', 0o640)
    sh('setfacl', '-m', 'u:65534:r', path)
    sh('setfattr', '-n', 'user.note', '-v', 'kept', path)
    if (isRoot) chownSync(path, 0, 12)
    const c = world.context([declaration(path)])
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
    const [kept] = await keepCopies([planned(action)], c)
    const copy = kept?.copy ?? ''
    expect(copy).toMatch(/\/site\.\d{8}_\d{6}\.CHG-2026-0001\.1$/)
    expect(copy.startsWith(world.root)).toBe(false)
    expect(statSync(copy).dev).toBe(statSync(path).dev)
    expect(looks(copy).replaceAll(copy, path)).toBe(looks(path))
    expect(statSync(dirname(copy)).mode & 0o077).toBe(0)
    // Again: the same copy, no second one.
    expect(await keepCopies([planned(action)], c)).toEqual([kept])
    expect(readdirSync(dirname(copy))).toHaveLength(1)
  })

  test('undo gives back bytes, owner, mode, ACL and attributes after a change of all of them', async () => {
    const path = world.file('site', 'old\n', 0o640)
    sh('setfacl', '-m', 'u:65534:r', path)
    sh('setfattr', '-n', 'user.note', '-v', 'kept', path)
    const before = looks(path)
    const c = world.context([declaration(path)])
    const owner = isRoot ? { mode: 0o600, uid: 12, gid: 34 } : { mode: 0o600 }
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world, owner)] }
    await keepCopies([planned(action)], c)
    expect((await apply(action, c, 30_000)).result).toBe('applied')
    expect(readFileSync(path, 'utf8')).toBe('new\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    if (isRoot) expect(statSync(path).uid).toBe(12)
    expect((await probe(action, c, since)).found).toBe('applied')
    expect((await undo(PUT_BACK, action, c, 30_000)).result).toBe('applied')
    expect(looks(path)).toBe(before)
    expect((await probeUndone(action, c)).found).toBe('not_applied')
    // Twice is as once.
    expect((await undo(PUT_BACK, action, c, 30_000)).result).toBe('applied')
    expect(looks(path)).toBe(before)
  })

  test('the new file keeps the ACL and attributes of the old one', async () => {
    const path = world.file('site', 'old\n', 0o640)
    sh('setfacl', '-m', 'u:65534:r', path)
    sh('setfattr', '-n', 'user.note', '-v', 'kept', path)
    const acl = sh('getfacl', '-cnp', path)
    const c = world.context([declaration(path)])
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
    await keepCopies([planned(action)], c)
    await apply(action, c, 30_000)
    expect(sh('getfacl', '-cnp', path)).toBe(acl)
    expect(sh('getfattr', '-n', 'user.note', '--only-values', '--absolute-names', path)).toBe('kept')
  })

  test('probeUndone sees an ACL that differs although bytes, owner and mode are equal', async () => {
    const path = world.file('site', 'old\n', 0o640)
    sh('setfacl', '-m', 'u:65534:r', path)
    const c = world.context([declaration(path)])
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
    await keepCopies([planned(action)], c)
    sh('setfacl', '-m', 'u:65534:-', path)
    expect((await probeUndone(action, c)).found).toBe('mixed')
  })

  test('new, deleted and linked files come and go', async () => {
    const gone = world.file('gone', 'old\n')
    const fresh = join(world.root, 'fresh')
    const link = join(world.root, 'link')
    const files = [declaration(gone), declaration(fresh), declaration(link)]
    const c = world.context(files)
    const uid = process.getuid?.() ?? 0
    const gid = process.getgid?.() ?? 0
    const action: Action = {
      kind: 'replaceFiles',
      files: [
        await changeOf(gone, undefined, c, world),
        await changeOf(fresh, 'fresh\n', c, world, { mode: 0o640 }),
        {
          path: link,
          real: link,
          links: [],
          before: { kind: 'absent' },
          after: { kind: 'link', target: 'fresh', uid, gid },
        },
      ],
    }
    await keepCopies([planned(action)], c)
    expect(await apply(action, c, 30_000)).toMatchObject({ result: 'applied' })
    expect(readdirSync(world.root).sort()).toEqual(['fresh', 'link'])
    expect(readlinkSync(link)).toBe('fresh')
    expect(statSync(fresh).mode & 0o777).toBe(0o640)
    const out: Action = {
      kind: 'replaceFiles',
      files: [
        {
          path: link,
          real: link,
          links: [],
          before: { kind: 'link', target: 'fresh', uid, gid },
          after: { kind: 'link', target: '/etc/shadow', uid, gid },
        },
      ],
    }
    expect(await apply(out, c, 30_000)).toMatchObject({
      result: 'failed',
      detail: { why: 'file.link_leaves' },
    })
    // A link that is there is deleted itself, and not what it leads to.
    const remove: Action = {
      kind: 'replaceFiles',
      files: [
        {
          path: link,
          real: link,
          links: [],
          before: { kind: 'link', target: 'fresh', uid, gid },
          after: { kind: 'absent' },
        },
      ],
    }
    expect(await apply(remove, c, 30_000)).toMatchObject({ result: 'applied' })
    expect(readdirSync(world.root)).toEqual(['fresh'])
    expect(await undo(PUT_BACK, remove, c, 30_000)).toMatchObject({ result: 'applied' })
    expect(readlinkSync(link)).toBe('fresh')
    expect(await undo(PUT_BACK, action, c, 30_000)).toMatchObject({ result: 'applied' })
    expect(readdirSync(world.root)).toEqual(['gone'])
    expect(readFileSync(gone, 'utf8')).toBe('old\n')
  })

  test('a first drop-in gets its directory, and the undo takes the directory away again', async () => {
    const path = join(world.root, 'mirai.service.d', 'limit.conf')
    const c = world.context([declaration(path)])
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, '[Service]\n', c, world)] }
    await keepCopies([planned(action)], c)
    expect((await apply(action, c, 30_000)).result).toBe('applied')
    expect(readFileSync(path, 'utf8')).toBe('[Service]\n')
    expect((await undo(PUT_BACK, action, c, 30_000)).result).toBe('applied')
    expect(readdirSync(world.root)).toEqual([])
  })

  test('the real file at the end of the links is replaced, the links stay; a moved link stops it', async () => {
    const real = world.file('available', 'old\n')
    const path = join(world.root, 'enabled')
    symlinkSync('available', path)
    const c = world.context([declaration(path), declaration(real)])
    const change = await changeOf(path, 'new\n', c, world)
    expect(change).toMatchObject({ real, links: [{ path, target: 'available' }] })
    const action: Action = { kind: 'replaceFiles', files: [change] }
    await keepCopies([planned(action)], c)
    expect((await apply(action, c, 30_000)).result).toBe('applied')
    expect(readlinkSync(path)).toBe('available')
    expect(readFileSync(real, 'utf8')).toBe('new\n')
    await undo(PUT_BACK, action, c, 30_000)
    expect(readFileSync(real, 'utf8')).toBe('old\n')
    world.file('other', 'old\n')
    sh('ln', '-sfn', 'other', path)
    expect(await apply(action, c, 30_000)).toMatchObject({
      result: 'failed',
      detail: { why: 'file.changed' },
    })
    expect(readFileSync(real, 'utf8')).toBe('old\n')
  })

  test('refused: not declared, a link out of the inventory, a pipe, a directory, too large, more names', async () => {
    const path = world.file('site', 'old\n')
    const c = world.context([declaration(path)])
    expect(await refusal(readFileFacts(join(world.root, 'else'), c))).toBe('file.not_declared')
    linkSync(path, join(world.root, 'second'))
    expect(await refusal(readFileFacts(path, c))).toBe('file.hard_links')
    const pipe = join(world.root, 'pipe')
    sh('mkfifo', pipe)
    const directory = join(world.root, 'directory')
    mkdirSync(directory)
    const large = world.file('large', 'x'.repeat(1_048_577))
    const out = join(world.root, 'out')
    symlinkSync('/etc/passwd', out)
    const all = world.context([pipe, directory, large, out].map((one) => declaration(one)))
    expect(await refusal(readFileFacts(pipe, all))).toBe('file.not_regular')
    expect(await refusal(readFileFacts(directory, all))).toBe('file.not_regular')
    expect(await refusal(readFileFacts(large, all))).toBe('file.too_large')
    expect(await refusal(readFileFacts(out, all))).toBe('file.link_leaves')
  })

  test.runIf(isRoot)('refused: immutable, and a mount on the file itself', async () => {
    const path = world.file('site', 'old\n')
    const c = world.context([declaration(path)])
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
    await keepCopies([planned(action)], c)
    sh('chattr', '+i', path)
    try {
      expect(await refusal(readFileFacts(path, c))).toBe('file.immutable')
      expect(await apply(action, c, 30_000)).toMatchObject({
        result: 'failed',
        detail: { why: 'file.immutable' },
      })
    } finally {
      sh('chattr', '-i', path)
    }
    const other = world.file('other', 'old\n')
    sh('mount', '--bind', other, path)
    try {
      expect(await refusal(readFileFacts(path, c))).toBe('file.mounted')
      expect((await apply(action, c, 30_000)).result).toBe('failed')
    } finally {
      sh('umount', path)
    }
    expect(readFileSync(path, 'utf8')).toBe('old\n')
  })

  test('a file that is not the approved one is not touched; what an undo finds of others is kept', async () => {
    const path = world.file('site', 'old\n')
    const c = world.context([declaration(path)])
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
    await keepCopies([planned(action)], c)
    writeFileSync(path, 'by hand\n')
    expect(await apply(action, c, 30_000)).toMatchObject({
      result: 'failed',
      detail: { why: 'file.changed' },
    })
    expect(readFileSync(path, 'utf8')).toBe('by hand\n')
    expect((await probe(action, c, since)).found).toBe('unknown')
    const undone = await undo(PUT_BACK, action, c, 30_000)
    expect(undone.result).toBe('applied')
    expect(readFileSync(path, 'utf8')).toBe('old\n')
    const found = readdirSync(join(world.copies, 'found'))
    expect(readFileSync(join(world.copies, 'found', found[0] ?? ''), 'utf8')).toBe('by hand\n')
  })

  test('a damaged copy puts nothing back', async () => {
    const path = world.file('site', 'old\n')
    const c = world.context([declaration(path)])
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
    const [kept] = await keepCopies([planned(action)], c)
    await apply(action, c, 30_000)
    writeFileSync(kept?.copy ?? '', 'damaged\n')
    expect(await undo(PUT_BACK, action, c, 30_000)).toMatchObject({ result: 'failed' })
    expect(readFileSync(path, 'utf8')).toBe('new\n')
  })

  test('an environment file is edited by its keys; no value stands in any answer', async () => {
    const path = world.file('.env', '# settings\nPORT=8080\nOLD=1\nTOKEN=first-token-value\n', 0o640)
    const before = looks(path)
    const c = world.context([declaration(path, { kind: 'dotenv', secret: true })])
    const { real, links, state } = await readFileFacts(path, c)
    expect(JSON.stringify(state)).not.toContain(sh('sha256sum', path).slice(0, 64))
    world.secrets.set('mirai/TOKEN', Buffer.from('second-token-value'))
    const action: Action = {
      kind: 'editEnv',
      path,
      real,
      links,
      before: state,
      set: [
        { key: 'PORT', to: { kind: 'text', value: '8090' } },
        {
          key: 'TOKEN',
          to: {
            kind: 'secret',
            reference: 'mirai/TOKEN',
            version: 1,
            keyed: c.keyed(Buffer.from('second-token-value')),
          },
        },
      ],
      unset: ['OLD'],
    }
    const kept = await keepCopies([planned(action)], c)
    const result = await apply(action, c, 30_000)
    expect(result.result).toBe('applied')
    const text = readFileSync(path, 'utf8')
    expect(text).toContain('# settings\nPORT=8090\n')
    expect(text).toContain('second-token-value')
    expect(text).not.toContain('OLD')
    expect((await probe(action, c, since)).found).toBe('applied')
    const undone = await undo(PUT_BACK, action, c, 30_000)
    expect(looks(path)).toBe(before)
    const said = JSON.stringify([kept, result, undone, await probeUndone(action, c)])
    expect(said).not.toMatch(/token-value|8090/)
    expect(said).not.toContain(sh('sha256sum', path).slice(0, 64))
  })

  test.runIf(isRoot)('a link whose end is somebody else’s is deleted, and comes back as it was', async () => {
    const end = world.file('end', 'old\n')
    chownSync(end, 65534, 65534)
    const path = join(world.root, 'site')
    symlinkSync('end', path)
    lchownSync(path, 12, 13)
    const files = [path, end].map((one) => declaration(one))
    const c = world.context(files)
    const [service] = c.policy.services
    if (service === undefined) throw new Error('no service')
    const wish = { change: 'CHG-2026-0001' as ChangeId, revision: 1, env: [] }
    const read = await readFileFacts(path, c)
    const made = planConfig(
      c.policy,
      service,
      { ...wish, files: [{ kind: 'delete', path }] },
      { files: [read], stopTimeoutMs: {} },
    )
    const [first] = made.ok ? made.plan.actions : []
    if (first === undefined) throw new Error(JSON.stringify(made))
    const { action } = first
    const seen = () => sh('stat', '-c', '%u %g %F %N', path, end)
    const before = seen()
    await keepCopies([first], c)
    expect(await apply(action, c, 30_000)).toMatchObject({ result: 'applied' })
    expect(readdirSync(world.root)).toEqual(['end'])
    expect((await undo(PUT_BACK, action, c, 30_000)).result).toBe('applied')
    expect(seen()).toBe(before)
    // What was read is what stands there, by the judge's rule too.
    const files_ = action.kind === 'replaceFiles' ? action.files : []
    expect(files_.every((one) => isPictureOf(one, read))).toBe(true)
  })

  test.each([
    ['', 0o700],
    [', narrowed by a umask', 0o600],
  ])('what a kill left beside the file is cleaned up by the next attempt%s', async (_, mode) => {
    const path = world.file('site', 'old\n')
    const c = world.context([declaration(path)])
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
    await keepCopies([planned(action)], c)
    const left = join(world.root, stageName('site'))
    mkdirSync(left, { mode: 0o700 })
    writeFileSync(join(left, stageName('site')), 'half')
    chmodSync(left, mode)
    expect((await apply(action, c, 30_000)).result).toBe('applied')
    expect(existsSync(left)).toBe(false)
    expect(readdirSync(world.root)).toEqual(['site'])
  })

  test.each<[string, number, string]>([
    ['of root, with its files', 0o700, 'cert.pem'],
    ['of root, with a file of the same name', 0o700, 'site'],
    ['that others may read', 0o755, 'cert.pem'],
    ['that others may read, with our own name in it', 0o755, stageName('site')],
  ])(
    'a directory %s that was moved to the name of our own loses nothing, and the change is refused',
    async (_, mode, name) => {
      const path = world.file('site', 'old\n')
      const c = world.context([declaration(path)])
      const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
      await keepCopies([planned(action)], c)
      // Whoever owns the parent directory renames what is root's in it; its files they could not take away.
      const private_ = join(world.root, 'private')
      mkdirSync(private_, { mode })
      writeFileSync(join(private_, name), 'of root\n')
      const there = join(world.root, stageName('site'))
      renameSync(private_, there)
      expect(await apply(action, c, 30_000)).toMatchObject({
        result: 'failed',
        detail: { why: 'file.changed' },
      })
      expect(readFileSync(join(there, name), 'utf8')).toBe('of root\n')
      expect(readFileSync(path, 'utf8')).toBe('old\n')
      // Positive control: moved away again, the change goes through.
      renameSync(there, private_)
      expect((await apply(action, c, 30_000)).result).toBe('applied')
      expect(readdirSync(world.root).sort()).toEqual(['private', 'site'])
    },
  )

  test('a directory that is moved into the place of our own while we write loses nothing', async () => {
    const path = world.file('site', 'old\n')
    const private_ = join(world.root, 'private')
    mkdirSync(private_, { mode: 0o700 })
    writeFileSync(join(private_, 'site'), 'of root\n')
    const there = join(world.root, stageName('site'))
    const c = world.context([declaration(path)], {
      killPoint: (name) => {
        if (name !== 'place.rename.after') return
        renameSync(there, join(world.root, 'ours'))
        renameSync(private_, there)
      },
    })
    const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
    await keepCopies([planned(action)], c)
    expect((await apply(action, c, 30_000)).result).toBe('applied')
    expect(readFileSync(join(there, 'site'), 'utf8')).toBe('of root\n')
  })

  test.runIf(isRoot)(
    'a target on a volume of its own: the copy lies there; a full volume leaves the old file whole',
    async () => {
      const volume = join(world.root, 'volume')
      mkdirSync(volume)
      sh('mount', '-t', 'tmpfs', '-o', 'size=256k,mode=755', 'tmpfs', volume)
      try {
        const path = join(volume, 'site')
        writeFileSync(path, 'old\n', { mode: 0o640 })
        const before = looks(path)
        const c = world.context([declaration(path)])
        const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
        const [kept] = await keepCopies([planned(action)], c)
        expect(statSync(kept?.copy ?? '').dev).toBe(statSync(path).dev)
        expect(kept?.copy?.startsWith(join(volume, '.sekisho-copies'))).toBe(true)
        const large: Action = {
          kind: 'replaceFiles',
          files: [await changeOf(path, 'x'.repeat(400_000), c, world)],
        }
        expect(await apply(large, c, 30_000)).toMatchObject({
          result: 'failed',
          detail: { why: 'file.no_space' },
        })
        expect(looks(path)).toBe(before)
        expect(readdirSync(volume).sort()).toEqual(['.sekisho-copies', 'site'])
        expect((await apply(action, c, 30_000)).result).toBe('applied')
        expect((await undo(PUT_BACK, action, c, 30_000)).result).toBe('applied')
        expect(looks(path)).toBe(before)
      } finally {
        sh('umount', volume)
      }
    },
  )

  test.runIf(isRoot)('a directory that somebody else can change is no place for copies', async () => {
    const volume = join(world.root, 'volume')
    mkdirSync(volume)
    sh('mount', '-t', 'tmpfs', '-o', 'size=256k,mode=777', 'tmpfs', volume)
    try {
      const path = join(volume, 'site')
      writeFileSync(path, 'old\n')
      const c = world.context([declaration(path)])
      const action: Action = { kind: 'replaceFiles', files: [await changeOf(path, 'new\n', c, world)] }
      expect(await refusal(keepCopies([planned(action)], c))).toBe('file.no_place_for_copies')
      expect(readFileSync(path, 'utf8')).toBe('old\n')
    } finally {
      sh('umount', volume)
    }
  })
})
