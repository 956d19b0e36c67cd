"""gridplan's power flow beside its peers: same networks, same cases, same tolerance, one run."""
