// A build that rewrites a file of the commit is refused by its path; what it makes beside is its own.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sha256 } from '../../base/hash.ts'
import type { CodeFile } from '../../plans/code.ts'
import { refuseRewritten } from './rewritten.ts'

const built = mkdtempSync(join(tmpdir(), 'sekisho-rewritten-'))
afterAll(() => rmSync(built, { recursive: true, force: true }))

const blob = (text: string, mode = '100644') => ({ mode, digest: sha256(text), size: text.length })
const FILES: readonly CodeFile[] = [
  { path: 'src/a.js', kind: 'changed', before: blob('one'), after: blob('two') },
  { path: 'link', kind: 'added', after: blob('src/a.js', '120000') },
  { path: 'gone.js', kind: 'removed', before: blob('gone') },
]

test('what a build does to a changed file is found, and nothing else is', async () => {
  mkdirSync(join(built, 'src'))
  writeFileSync(join(built, 'src/a.js'), 'two')
  symlinkSync('src/a.js', join(built, 'link'))
  execFileSync('sh', ['-c', 'echo made > dist.js'], { cwd: built })
  await refuseRewritten(FILES, built)
  execFileSync('sh', ['-c', 'echo "// version 2" >> src/a.js'], { cwd: built })
  await expect(refuseRewritten(FILES, built)).rejects.toMatchObject({
    code: 'deploy.rewritten',
    detail: { path: 'src/a.js' },
  })
  rmSync(join(built, 'src/a.js'))
  await expect(refuseRewritten(FILES, built)).rejects.toMatchObject({ code: 'deploy.rewritten' })
})
