// The hook as an installation runs it, made here of the sources as they are.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildHook } from '../../build-hook.ts'

export async function hookProgram(into: string): Promise<string> {
  for (const { name, contents } of await buildHook()) await writeFile(join(into, name), contents)
  return join(into, 'hook.cjs')
}
