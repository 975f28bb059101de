using ChatServer.Settings;

namespace ChatServer.Redis;

/// <summary>
/// The folder in <c>REDIS_DATA</c>, locked by one process at a time: two servers that append to one log would corrupt it. The kernel holds
/// the lock, so it ends with the process; the file remains.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private const string LockName = "lock";

    private readonly FileStream _lock;

    private DataFolder(FileStream held) => _lock = held;

    /// <summary>Creates the folder if it does not exist, and locks it.</summary>
    /// <exception cref="StartupException">The folder is not writable, or another process has locked it.</exception>
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
