"""What workflows ask of the world: the organisation file, SQL, mails, tickets. Each is safe to run twice."""
