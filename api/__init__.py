"""HTTP only: parse, authorise, call one operation, serialise."""
