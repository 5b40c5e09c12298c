// Faults put into a copy of the guard, one line each: a respelling test that lets one of them pass is worth nothing.

export interface Mutant {
  readonly name: string
  readonly file: string
  /** Stands in the file once or is the first of its kind. */
  readonly from: string
  readonly to: string
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'braces are not expanded',
    file: 'expand.ts',
    from: "if (!word.parts.some(({ part }) => part === 'braces')) return",
    to: 'return',
  },
  {
    name: '.. is a name like others',
    file: 'path.ts',
    from: "if (part.length === 1 && part[0] === '..') {",
    to: "if (part.length === 1 && part[0] === '…') {",
  },
  {
    name: 'variables are forgotten',
    file: 'expand.ts',
    from: 'if (found !== undefined) return found\n',
    to: 'if (found?.elements !== undefined) return found\n',
  },
  {
    name: 'wrappers are programs like others',
    file: 'dispatch.ts',
    from: 'if (wrapper !== undefined) all = (call) => wrap(wrapper, call)',
    to: 'if (wrapper?.names === "") all = (call) => wrap(wrapper, call)',
  },
  {
    name: 'globs match nothing',
    file: 'path.ts',
    from: 'return meet(a, b, { left: 4_000 })',
    to: "return a.every((one) => typeof one === 'string') && meet(a, b, { left: 4_000 })",
  },
  {
    name: 'here-documents are not read',
    file: 'redirect.ts',
    from: 'if (one.descriptor === undefined || one.descriptor === 0) input = stream',
    to: 'if (one.descriptor === 9) input = stream',
  },
  {
    name: 'eval runs nothing',
    file: 'builtins.ts',
    from: '  eval: (call) =>\n',
    to: '  evaluate: (call) =>\n',
  },
  {
    name: 'functions are not called',
    file: 'shell.ts',
    from: 'if (body !== undefined) return this.#callFunction',
    to: "if (body !== undefined && plain === '') return this.#callFunction",
  },
  {
    name: 'cd goes nowhere',
    file: 'builtins.ts',
    from: '{ ...shell.state, cwd: next, before: cwd }',
    to: '{ ...shell.state, before: cwd }',
  },
  {
    name: 'bundled options are one',
    file: 'arguments.ts',
    from: 'for (let at = 1; at < start.length; at++) {',
    to: 'for (let at = 1; at < Math.min(2, start.length); at++) {',
  },
  {
    name: 'long options are not shortened',
    file: 'arguments.ts',
    from: 'if (long.includes(given) || flags.includes(given)) return [given]',
    to: 'return [given]',
  },
  {
    name: 'a shell does not read what comes in',
    file: 'shells.ts',
    from: 'out = runStream(inner, call.stdin, call.name)',
    to: 'out = NOTHING',
  },
  {
    name: 'a substitution is empty',
    file: 'shell.ts',
    from: 'return stream.texts === undefined ? [opaque(stream)] : stream.texts.map(trimmed)',
    to: 'return stream.texts === undefined ? [opaque(stream)] : [[]]',
  },
  {
    name: 'upper case stays',
    file: 'operations.ts',
    from: 'return found.values.map((value) => cased(value, operator))',
    to: 'return found.values',
  },
  {
    name: 'links are forgotten',
    file: 'holdings.ts',
    from: 'of links.slice(-MOST)',
    to: 'of links.slice(0, 0)',
  },
  {
    name: 'an array is its first element',
    file: 'expand.ts',
    from: "return [list(found.elements, index === '@', quoted)]",
    to: "return [list(found.elements.slice(0, 1), index === '@', quoted)]",
  },
]
