"""What a clerk keeps on the desk: decision drawings, and the four handbooks as documents."""
