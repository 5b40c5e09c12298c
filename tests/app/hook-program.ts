// The hook as an installation runs it: one file, made here of the sources as they are.
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const CHECKOUT = resolve(import.meta.dirname, '../..')

export async function hookProgram(into: string): Promise<string> {
  const outfile = join(into, 'hook.cjs')
  await build({
    absWorkingDir: CHECKOUT,
    entryPoints: ['src/hook/start.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    minify: true,
    target: 'node24',
    logLevel: 'error',
  })
  return outfile
}
