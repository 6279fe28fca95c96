NAMES = {
    "Type": "quality",
    "Air temperature [K]": "air",
    "Process temperature [K]": "process",
    "Rotational speed [rpm]": "speed",
    "Torque [Nm]": "torque",
    "Tool wear [min]": "wear",
    "Machine failure": "failure",
}


def execute(machines):
    df = machines[list(NAMES)].rename(columns=NAMES)
    print(f"{len(df)} rows, {df['failure'].mean():.1%} with a failure")
    return df
