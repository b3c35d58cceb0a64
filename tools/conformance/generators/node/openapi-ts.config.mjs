// What @hey-api/openapi-ts is asked for; Node wants the extensions of files.
export default {
    input: process.env.DESCRIPTION,
    output: { path: process.env.GENERATED, importFileExtension: '.js' },
    plugins: ['@hey-api/client-fetch', '@hey-api/sdk', '@hey-api/typescript'],
};
