// What needs an Idempotency-Key is sent with a new one each time: with the same key it would be the same command, and without one it is
// refused. What somebody typed stays. The field is filled before the request is built, so the curl line that is shown has the key, too.
const HEADER = 'Idempotency-Key';
const filled = new WeakMap();

const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

function fill(event) {
  const path = event.composedPath();
  const request = path.find((node) => node.localName === 'api-request');
  const panel = path.find((node) => node.classList?.contains('request-panel'));
  const needsKey = (parameter) => parameter.in === 'header' && parameter.name === HEADER && parameter.required;
  if (!panel || !request?.parameters?.some(needsKey)) return;
  const field = panel.querySelector(`[data-ptype="header"][data-pname="${HEADER}"]`);
  if (field && (field.value === '' || field.value === filled.get(field))) {
    field.value = newKey();
    filled.set(field, field.value);
  }
}

// RapiDoc sends when its button is pressed, and on Ctrl+Enter in the body.
document.addEventListener('click', (event) => {
  if (event.composedPath().some((node) => node.part?.contains('btn-try'))) fill(event);
}, true);
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey && event.key === 'Enter') fill(event);
}, true);
