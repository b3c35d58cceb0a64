// The same as drivers/webhook_receiver.py, with the libraries for Node.
import http from 'node:http';

const { Webhook, WebhookVerificationError } = await import(process.env.LIBRARY);
const received = [];
let secret = '';

const text = async (request) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
};

const server = http.createServer(async (request, response) => {
    const answer = (status, body = '') => {
        response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
        response.end(body);
    };
    if (request.method === 'GET') return answer(200, JSON.stringify(received));
    const body = await text(request);
    if (request.url === '/secret') {
        secret = body;
        return answer(204);
    }
    try {
        new Webhook(secret).verify(body, request.headers);
    } catch (refusal) {
        if (!(refusal instanceof WebhookVerificationError)) throw refusal;
        console.error(refusal.message);
        return answer(400);
    }
    received.push({ id: request.headers['webhook-id'], type: JSON.parse(body).type });
    return answer(204);
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
