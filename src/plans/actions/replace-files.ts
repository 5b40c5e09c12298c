// Declared files are replaced whole, deleted, or made links, with bytes that everybody who approved could read.
import { list, literal, object } from '../../base/decode.ts'
import { type FileChange, type FileState, fileChange, stateText } from '../file-state.ts'
import type { ActionKind } from './action-kind.ts'

export interface ReplaceFiles {
  readonly kind: 'replaceFiles'
  readonly files: readonly FileChange[]
}

export const replaceFiles: ActionKind<ReplaceFiles> = {
  decode: object({ kind: literal('replaceFiles'), files: list(fileChange, 100) }),
  lines: ({ files }, words) =>
    files.map(
      ({ real, before, after }) => `${real}: ${stateText(before, words)} -> ${stateText(after, words)}`,
    ),
  putBackLines: ({ files }, words) =>
    files.map(({ real, before }) => words.putBack(real, stateText(before, words))),
  summary: ({ kind, files }, undo) => ({ kind, files: files.map(({ real }) => real), undo }),
  files: ({ files }) => files,
  replaced: ({ files }) => files,
  written: ({ files }) =>
    files.map(({ real, before, after }) => ({ path: real, bytes: sizeOf(before) + sizeOf(after) })),
  onlyDeletes: ({ files }) => files.every(({ after }) => after.kind === 'absent'),
}

function sizeOf(state: FileState): number {
  return state.kind === 'file' ? state.size : 0
}
