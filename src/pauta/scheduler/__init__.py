"""What a server does by the clock: fire schedules, watch triggers, rescue the lost, send notices, clean up."""
