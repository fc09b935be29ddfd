"""The batch path, as Dagster assets, jobs and sensors.

Bodies are thin: they read, call one pure function of another package, and write.
"""
