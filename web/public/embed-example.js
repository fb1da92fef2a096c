import { embedDesk } from './huawu-embed.js';

const show = (id, text) => {
  document.querySelector(`#${id}`).textContent = text;
};
const desk = embedDesk(document.querySelector('#desk'), {
  onState({ agent, call }) {
    show('agent', `${agent.name} ${agent.number}: ${agent.state}`);
    show('call', call === null ? 'none' : `${call.phase}: ${call.customer?.name ?? call.caller.number}`);
  },
});
document.querySelector('#note').addEventListener('click', async () => {
  show('note-done', (await desk.ask({ type: 'setData', data: { crm: 'seen in CRM' } })) ? 'written' : 'cannot be written now');
});
