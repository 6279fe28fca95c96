"""The words of Pauta: frozen values, states, problems. No behaviour that needs the world."""
