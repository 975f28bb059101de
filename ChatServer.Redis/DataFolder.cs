using ChatServer.Settings;

namespace ChatServer.Redis;

/// <summary>
/// The folder that REDIS_DATA names, held by one process at a time: two servers appending to one log would ruin it for both.
/// The lock is the kernel's, so a killed process leaves none behind; the file stays.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private const string LockName = "lock";

    private readonly FileStream _lock;

    private DataFolder(FileStream held) => _lock = held;

    /// <summary>Creates the folder if need be and takes it.</summary>
    /// <exception cref="StartupException">It cannot be written to, or another process holds it.</exception>
    public static DataFolder Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return new DataFolder(new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new StartupException($"REDIS_DATA is '{path}', which cannot be used: {error.Message}");
        }
    }

    public void Dispose() => _lock.Dispose();
}
