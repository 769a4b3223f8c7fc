import js from '@eslint/js';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

/** The walls of the house: which room may import which other rooms (tests may also use `testing` and `client`). */
const walls = {
  domain: [],
  configuration: [],
  dicom: [],
  deid: ['domain', 'dicom'],
  prisma: ['domain'],
  pacs: ['domain', 'dicom', 'prisma'],
  workflows: ['domain'],
  activities: ['configuration', 'domain', 'dicom', 'deid', 'pacs', 'prisma', 'workflows'],
  api: ['configuration', 'domain', 'dicom', 'deid', 'pacs', 'prisma', 'workflows'],
  client: [],
  web: ['client', 'domain'],
  cli: ['client', 'domain', 'dicom', 'deid', 'testing'],
  testing: ['client', 'configuration', 'domain', 'dicom', 'deid', 'prisma'],
};
const rooms = Object.keys(walls);

/** @param {string[]} allowed @param {string} room */
function wall(room, allowed) {
  const others = rooms.filter((other) => other !== room).join('|');
  const group = [
    '@viaduct/*',
    '@viaduct/*/**',
    ...allowed.flatMap((name) => [`!@viaduct/${name}`, `!@viaduct/${name}/**`]),
  ];
  return {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { group, message: `${room}/ may import only: ${allowed.join(', ') || 'nothing of ours'}.` },
          { regex: `\\.\\./(${others})/`, message: 'Rooms meet through their packages, not through relative paths.' },
        ],
      },
    ],
  };
}

const inTests = ['client', 'testing'];
/** @param {string} room */
const testsOf = (room) => [`${room}/{e2e,production}/**/*.ts`, `${room}/**/*.test.ts`, `${room}/src/harness/**/*.ts`];

export default ts.config(
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '**/build/',
      '**/.svelte-kit/',
      '**/generated/',
      'var/',
      '**/.turbo/',
      'prisma/tools/',
    ],
  },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'scripts/*.mjs'] },
        extraFileExtensions: ['.svelte'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    // svelte-check types what stands in components (snippet parameters are `any` to eslint); there is no base path to resolve.
    files: ['**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...ts.configs.disableTypeChecked },
  ...Object.entries(walls).flatMap(([room, allowed]) => [
    { files: [`${room}/**/*.{ts,svelte}`], ignores: testsOf(room), rules: wall(room, allowed) },
    { files: testsOf(room), rules: wall(room, [...new Set([...allowed, ...inTests])]) },
  ]),
  {
    files: ['workflows/src/**/*.ts'],
    ignores: [
      '**/*.test.ts',
      'workflows/src/testing/**',
      'workflows/src/contract/codec*.ts',
      'workflows/src/contract/failureConverter.ts',
    ],
    rules: {
      'no-restricted-globals': ['error', 'process', 'Buffer', 'setInterval'],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
    },
  },
);
