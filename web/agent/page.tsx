/** The agent's page: sign-in, or the desk of whoever is signed in in this tab. */
import { useState } from 'react';
import { keepToken, keptToken } from '../shared/session.ts';
import { DeskPage } from './desk-page.tsx';
import { SignIn, type SignInNotice } from './sign-in.tsx';
import './agent.css';

export default function AgentPage() {
  const [token, setToken] = useState(keptToken);
  const [notice, setNotice] = useState<SignInNotice | null>(null);
  const enter = (given: string) => {
    keepToken(given);
    setNotice(null);
    setToken(given);
  };
  const leave = (why: SignInNotice) => {
    keepToken(null);
    setNotice(why);
    setToken(null);
  };
  return token === null ? <SignIn notice={notice} onToken={enter} /> : <DeskPage key={token} token={token} onLeave={leave} />;
}
