// Programs that rewrite the files that they are given, and say so with an option or not at all.
import type { Tool } from '../tool.ts'

export const FORMATTERS: readonly Tool[] = [
  {
    names: 'prettier prettierd',
    short: '',
    long: 'config ignore-path parser plugin log-level tab-width print-width cache-location',
    flags: 'write check list-different no-config',
    does: [{ do: 'path.write', when: 'w write', note: 'edited' }, { do: 'path.read' }],
  },
  {
    names: 'eslint stylelint tslint standard xo oxlint jsonlint sort-package-json',
    short: 'cof',
    long: 'config output-file format ext ignore-path ignore-pattern rule parser plugin max-warnings',
    flags: 'fix fix-dry-run in-place quiet',
    does: [
      { do: 'path.read' },
      { do: 'path.write', when: 'fix i in-place', note: 'edited' },
      { do: 'path.write', to: 'option:o output-file' },
    ],
  },
  {
    names: 'gofmt goimports shfmt clang-format',
    short: 'r',
    flags: 'd l w i',
    does: [{ do: 'path.read' }, { do: 'path.write', when: 'w i', note: 'edited' }],
  },
  {
    names: 'black isort yapf autopep8 rustfmt',
    short: 'lt',
    long: 'line-length target-version config include exclude',
    flags: 'check diff check-only quiet in-place recursive',
    does: [{ do: 'path.write', unless: 'check diff check-only c', note: 'edited' }],
  },
]
