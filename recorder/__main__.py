"""`python -m recorder`."""

from recorder.main import main

if __name__ == "__main__":
    main()
